import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Records are dropped on the word of a damaged mark.',
  edits: [
    {
      file: 'replica/store/journal/cut-mark.ts',
      find: 'isWhole && crc32(bytes.subarray(0, 8)) === bytes.readUInt32BE(8)',
      put: 'isWhole',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/journal/set-aside.test.ts',
      name: 'a mark of dropped records that is damaged drops nothing',
    },
  ],
}
