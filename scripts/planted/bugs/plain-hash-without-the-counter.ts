import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The hash without the library counts no chunks, so that only contents of one chunk have their own.',
  edits: [
    {
      file: 'protocol/plain-blake3.ts',
      find: 'hashOf(bytes.subarray(left), counter + left / chunkMax, 0)',
      put: 'hashOf(bytes.subarray(left), counter, 0)',
    },
  ],
  caughtBy: [
    { file: 'protocol/plain-blake3.test.ts', name: 'the hash of any small content is what the library says' },
  ],
}
