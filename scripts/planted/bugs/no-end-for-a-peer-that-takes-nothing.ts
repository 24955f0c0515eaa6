import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Whatever waits for a peer that does not read is held for ever.',
  edits: [
    {
      file: 'protocol/outbox.ts',
      find: 'if (this.bytesUnderWay > unsentBytesMax) this.onStuck()',
      put: '',
    },
  ],
  caughtBy: [{ file: 'protocol/outbox.test.ts', name: 'a peer for whom more than 16 MiB wait is given up' }],
}
