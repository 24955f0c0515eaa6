import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A coordinator that was restarted makes a change again that is sent again.',
  edits: [
    {
      file: 'coordinator/changing/changing.ts',
      find: 'this.results.add(operation, seq)',
      put: 'void [operation, seq]',
    },
  ],
  caughtBy: [{ file: 'coordinator/changes.cluster.test.ts', name: 'the same operation twice is made once' }],
}
