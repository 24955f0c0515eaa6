import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A damaged digest is taken from the index.',
  edits: [
    {
      file: 'replica/store/digest-record.ts',
      find: 'crc32(bytes.subarray(4)) === bytes.readUInt32LE(0)',
      put: 'crc32(bytes) >= 0',
    },
  ],
  caughtBy: [{ file: 'replica/store/digest-record.test.ts', name: 'a record with any bit flipped' }],
}
