import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The list of block digests is hashed as it is, and may be taken for a block.',
  edits: [
    {
      file: 'protocol/digest.ts',
      find: "Buffer.from('concur-file-1\\0')",
      put: 'Buffer.alloc(0)',
    },
  ],
  caughtBy: [{ file: 'protocol/digest.test.ts', name: 'and of its blocks, are the known ones' }],
}
