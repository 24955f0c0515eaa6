import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Each of many slow readers holds a whole block.',
  edits: [
    {
      file: 'replica/store/block-buffers.ts',
      find: 'return this.out < outBeforeThriftMax ? blockBytes : chunkBytesMax',
      put: 'return blockBytes',
    },
  ],
  caughtBy: [{ file: 'replica/store/bodies.test.ts', name: 'gives smaller pieces while many read' }],
}
