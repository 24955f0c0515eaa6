import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Segments are released under a mark whose bytes may be lost.',
  edits: [
    {
      file: 'replica/store/journal/begin-mark.ts',
      find: `      yield file
      disk.rename`,
      put: `      disk.rename`,
    },
  ],
  caughtBy: [
    { file: 'replica/store/journal/flush-order.test.ts', name: 'records are released only when the mark' },
  ],
}
