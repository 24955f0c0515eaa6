import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A block that another node supplies is taken whatever its digest.',
  edits: [
    {
      file: 'replica/store/gathering.ts',
      find: 'if (this.leaves !== null || !this.isBlock(index, blockDigest(block), 0)) return false',
      put: 'if (this.leaves !== null) return false',
    },
  ],
  caughtBy: [{ file: 'replica/supply-refused.test.ts', name: 'a block that is not what its digest says' }],
}
