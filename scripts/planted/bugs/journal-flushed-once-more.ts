import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A flush of the journal that failed is made again, and believed.',
  edits: [
    {
      file: 'replica/store/journal/tail.ts',
      find: 'flushed(disk.flushDataSoon(file))',
      put: 'flushed(disk.flushDataSoon(file).catch(() => disk.flushDataSoon(file)))',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/journal/journal-failures.test.ts',
      name: 'a flush that fails with EIO is never made again',
    },
  ],
}
