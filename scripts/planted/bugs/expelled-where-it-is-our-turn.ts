import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A request gives way though it is the server who has not done its part.',
  edits: [
    {
      file: 'protocol/request-gate.ts',
      find: 'if (carrier.waitsForPeer && bytesMoved',
      put: 'if (bytesMoved',
    },
  ],
  caughtBy: [{ file: 'protocol/connection-limits.test.ts', name: 'keeps its place where it is our turn' }],
}
