import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What a client has asked in one go is answered to its end, however much of it waits unread.',
  edits: [
    {
      file: 'protocol/framed-transport.ts',
      find: 'this.outbox.unsentBytes <= unsentBytesPause &&',
      put: '',
    },
  ],
  caughtBy: [
    {
      file: 'protocol/turns.test.ts',
      name: 'while much waits for a client, none of what it has asked already',
    },
  ],
}
