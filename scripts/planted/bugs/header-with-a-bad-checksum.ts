import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A damaged header of a segment is taken for a good one.',
  edits: [
    {
      file: 'replica/store/journal/segment-header.ts',
      find: 'if (bytes.readUInt32BE(12) !== checksum(bytes)) return null',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/store/journal/codecs.test.ts', name: 'a header of which any bit is flipped' }],
}
