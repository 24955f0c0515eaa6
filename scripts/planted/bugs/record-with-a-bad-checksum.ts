import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A damaged record of the journal is taken for a good one.',
  edits: [
    {
      file: 'replica/store/journal/entry-codec.ts',
      find: 'return found === bytes.readUInt32BE(offset + 4) ? size : 0',
      put: 'return found >= 0 ? size : 0',
    },
  ],
  caughtBy: [{ file: 'replica/store/journal/codecs.test.ts', name: 'an entry of which any bit is flipped' }],
}
