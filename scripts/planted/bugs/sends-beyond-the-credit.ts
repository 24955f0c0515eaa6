import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'More is sent than the peer has admitted.',
  edits: [
    {
      file: 'protocol/outbox.ts',
      find: '|| next.body.length > queue.credit',
      put: '',
    },
  ],
  caughtBy: [{ file: 'protocol/outbox.test.ts', name: 'a frame leaves when the credit admits all of it' }],
}
