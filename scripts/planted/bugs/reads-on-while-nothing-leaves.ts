import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Requests are read though their answers are not taken.',
  edits: [
    {
      file: 'protocol/framed-transport.ts',
      find: 'this.outbox.unsentBytes > unsentBytesPause) this.pause()',
      put: 'this.outbox.unsentBytes > 2 ** 40) this.pause()',
    },
  ],
  caughtBy: [
    {
      file: 'protocol/connection-end.test.ts',
      name: 'is not read either while more than 1 MiB waits for it',
    },
  ],
}
