import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A change that is sent again when it is over is made again.',
  edits: [
    {
      file: 'coordinator/ordering/results.ts',
      find: 'if (done === null) return',
      put: 'return',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/ordering/results.test.ts',
      name: 'one that is sent again when it is over is told the same',
    },
    { file: 'coordinator/changes.cluster.test.ts', name: 'the same operation twice is made once' },
  ],
}
