import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Records are written to a segment whose name may be lost.',
  edits: [
    {
      file: 'replica/store/journal/tail.ts',
      find: 'await flushed(disk.flushSoon(folder))',
      put: '',
    },
  ],
  caughtBy: [
    { file: 'replica/store/journal/flushes.test.ts', name: 'a power cut at any call loses nothing' },
  ],
}
