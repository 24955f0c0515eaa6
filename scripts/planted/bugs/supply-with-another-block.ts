import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A block that another node supplies is taken whatever its digest.',
  edits: [
    {
      file: 'replica/supply.ts',
      find: 'if (!blockDigest(block).equals(this.digests.subarray(at, at + digestBytes)))',
      put: 'if (at < 0)',
    },
  ],
  caughtBy: [{ file: 'replica/supply-blocks.test.ts', name: 'block' }],
}
