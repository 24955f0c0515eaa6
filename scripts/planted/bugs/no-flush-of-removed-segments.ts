import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The mark of a cut goes while segments that it removed may come back.',
  edits: [
    {
      file: 'replica/store/journal/segments.ts',
      find: `yield this.folder
    const`,
      put: 'const',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/journal/flush-order.test.ts',
      name: 'the mark goes when all that it says is done',
    },
  ],
}
