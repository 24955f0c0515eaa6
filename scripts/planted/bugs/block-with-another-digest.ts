import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A block is passed on that is not the one of its digest.',
  edits: [
    {
      file: 'protocol/body-receiver.ts',
      find: 'if (!blockDigest(block).equals(this.digests.subarray(at, at + digestBytes)))',
      put: 'if (at < 0)',
    },
  ],
  caughtBy: [
    { file: 'protocol/body-receiver.test.ts', name: 'a block with the bit at 0 changed' },
    { file: 'client/reading/bodies.test.ts', name: 'no byte of a wrong block is given' },
  ],
}
