import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A damaged state of a path is taken from the index.',
  edits: [
    {
      file: 'replica/store/path-state.ts',
      find: 'if (crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) return null',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/store/path-state.test.ts', name: 'a state with any bit flipped' }],
}
