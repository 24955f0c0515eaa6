import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Two files with the same blocks and different sizes have one digest.',
  edits: [
    {
      file: 'protocol/digest.ts',
      find: 'hashUnder(fileDomain, sizeBytes, blockDigests)',
      put: 'hashUnder(fileDomain, blockDigests)',
    },
  ],
  caughtBy: [{ file: 'protocol/digest.test.ts', name: 'two files with the same block digests' }],
}
