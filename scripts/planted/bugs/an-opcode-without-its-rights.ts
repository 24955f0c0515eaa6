import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'An opcode is missing among what wants the admin key.',
  edits: [
    {
      file: 'protocol/rights.ts',
      find: 'UNLOCK: ({ steal }) => steal,',
      put: 'UNLOCK: never,',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/keys.cluster.test.ts',
      name: 'what wants an admin is forbidden with the client key at server1, and done with the admin key',
    },
  ],
}
