import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A change counts as committed when one node has it.',
  edits: [
    {
      file: 'coordinator/ordering/commit.ts',
      find: 'const held = Math.min(',
      put: 'const held = Math.max(',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/ordering/ledger.test.ts',
      name: 'a change that only the coordinator has made durable is not committed',
    },
  ],
}
