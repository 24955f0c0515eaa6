import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A block is hashed as it is, and may be taken for a file.',
  edits: [
    {
      file: 'protocol/digest.ts',
      find: "Buffer.from('concur-block-1\\0')",
      put: 'Buffer.alloc(0)',
    },
  ],
  caughtBy: [{ file: 'protocol/digest.test.ts', name: 'and of its blocks, are the known ones' }],
}
