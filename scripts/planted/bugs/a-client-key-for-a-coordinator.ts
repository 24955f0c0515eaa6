import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The client key opens the session of a coordinator.',
  edits: [
    {
      file: 'protocol/proof.ts',
      find: "coordinator: ['node'],",
      put: "coordinator: ['node', 'client'],",
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/unauthenticated.cluster.test.ts',
      name: 'credentials that are none server2, asked with the client key for a coordinator, answers no request that there is',
    },
  ],
}
