import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A mark may come back after its cut and take newer records.',
  edits: [
    {
      file: 'replica/store/journal/cut-mark.ts',
      find: `disk.remove(folder, cutMark.name)
    yield folder`,
      put: 'disk.remove(folder, cutMark.name)',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/journal/flush-order.test.ts',
      name: 'the mark goes when all that it says is done',
    },
  ],
}
