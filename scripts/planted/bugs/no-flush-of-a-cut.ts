import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What was cut off a segment may come back.',
  edits: [
    {
      file: 'replica/store/journal/segments.ts',
      find: 'yield file',
      put: '',
    },
  ],
  caughtBy: [
    { file: 'replica/store/journal/flushes.test.ts', name: 'a power cut at any call loses nothing' },
  ],
}
