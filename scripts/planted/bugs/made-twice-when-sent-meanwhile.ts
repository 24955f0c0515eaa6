import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A change that is sent again before its bytes have all come is made twice.',
  edits: [
    {
      file: 'coordinator/on-change.ts',
      find: "if (meanwhile.is === 'new')",
      put: 'if (meanwhile.is)',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/changes.cluster.test.ts',
      name: 'an append that is sent again while the first attempt still sends',
    },
  ],
}
