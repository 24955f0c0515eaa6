import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A record is acknowledged while its flush is under way.',
  edits: [
    {
      file: 'replica/store/journal/tail.ts',
      find: 'await flushed(disk.flushDataSoon(file))',
      put: 'flushed(disk.flushDataSoon(file)).catch(() => {})',
    },
  ],
  caughtBy: [
    { file: 'replica/store/journal/flushes.test.ts', name: 'nobody is told that a record is durable' },
  ],
}
