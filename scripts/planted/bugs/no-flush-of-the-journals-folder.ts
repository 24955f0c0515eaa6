import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The folder of a new journal may be lost with all records.',
  edits: [
    {
      file: 'replica/store/journal/journal.ts',
      find: 'disk.flush(options.folder)',
      put: '',
    },
  ],
  caughtBy: [
    { file: 'replica/store/journal/flushes.test.ts', name: 'a power cut at any call loses nothing' },
  ],
}
