import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What was thrown away may come back.',
  edits: [
    {
      file: 'replica/store/journal/set-aside.ts',
      find: `    else yield* segments.endLast()
  }
  yield folder`,
      put: `    else yield* segments.endLast()
  }`,
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/journal/flush-order.test.ts',
      name: 'what an opening makes of a journal with a segment behind it',
    },
  ],
}
