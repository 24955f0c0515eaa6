import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Segments are released under a mark that may not be there.',
  edits: [
    {
      file: 'replica/store/journal/begin-mark.ts',
      find: `beginMark.newName)
    }
    yield folder`,
      put: `beginMark.newName)
    }`,
    },
  ],
  caughtBy: [
    { file: 'replica/store/journal/flush-order.test.ts', name: 'records are released only when the mark' },
  ],
}
