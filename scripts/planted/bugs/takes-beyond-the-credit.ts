import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A peer may send more than it was given credit for.',
  edits: [
    {
      file: 'protocol/stream.ts',
      find: 'if (bodyBytes > this.receiveCredit)',
      put: 'if (bodyBytes > 2 ** 40)',
    },
  ],
  caughtBy: [{ file: 'protocol/stream-hearing.test.ts', name: '1 MiB is admitted at first' }],
}
