import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Records are said to be durable, and were only written.',
  edits: [
    {
      file: 'replica/store/journal/tail.ts',
      find: 'await flushed(disk.flushDataSoon(file))',
      put: '',
    },
  ],
  caughtBy: [
    { file: 'replica/store/journal/flushes.test.ts', name: 'a power cut at any call loses nothing' },
  ],
}
