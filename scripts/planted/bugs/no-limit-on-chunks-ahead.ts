import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Any number of chunks wait in front of a control frame.',
  edits: [
    {
      file: 'protocol/outbox.ts',
      find: 'return this.flowBytesUnderWay + flowBytesTaken + frameBytes <= chunkBytesAheadMax',
      put: 'return true',
    },
  ],
  caughtBy: [
    { file: 'protocol/outbox.test.ts', name: 'a control frame waits behind a block of flow frames' },
  ],
}
