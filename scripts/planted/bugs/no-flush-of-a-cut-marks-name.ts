import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A cut is under way whose mark may be lost.',
  edits: [
    {
      file: 'replica/store/journal/cut-mark.ts',
      find: `removeLeftover(disk, folder, cutMark.newName)
    }
    yield folder`,
      put: `removeLeftover(disk, folder, cutMark.newName)
    }`,
    },
  ],
  caughtBy: [
    { file: 'replica/store/journal/flush-order.test.ts', name: 'records are dropped only when the mark' },
  ],
}
