import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A change whose result is not kept any more is made again.',
  edits: [
    {
      file: 'coordinator/ordering/results.ts',
      find: 'operation.floor < this.forgottenSeq',
      put: 'operation.floor < 0',
    },
  ],
  caughtBy: [{ file: 'coordinator/ordering/results.test.ts', name: 'what may be older is not made' }],
}
