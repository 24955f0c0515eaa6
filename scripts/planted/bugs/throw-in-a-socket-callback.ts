import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A mistake of one peer is thrown into the socket, and ends the server.',
  edits: [
    {
      file: 'protocol/framed-transport.ts',
      find: 'return events.onMistake(error)',
      put: 'throw error',
    },
  ],
  caughtBy: [{ file: 'protocol/connection.test.ts', name: 'a mistake of the peer ends the connection' }],
}
