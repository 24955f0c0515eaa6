import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A segment without entries may come back.',
  edits: [
    {
      file: 'replica/store/journal/segments.ts',
      find: `this.remove(this.list.pop()!)
    yield this.folder
  }`,
      put: `this.remove(this.list.pop()!)
  }`,
    },
  ],
  caughtBy: [
    { file: 'replica/store/journal/flush-order.test.ts', name: 'a segment without a record is gone' },
  ],
}
