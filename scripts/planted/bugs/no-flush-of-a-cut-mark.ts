import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A cut is under way whose mark may be empty after a loss of power.',
  edits: [
    {
      file: 'replica/store/journal/cut-mark.ts',
      find: 'yield file',
      put: '',
    },
  ],
  caughtBy: [
    { file: 'replica/store/journal/flush-order.test.ts', name: 'records are dropped only when the mark' },
  ],
}
