import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The length of a frame is read with a sign: the longest ones pass the limit.',
  edits: [
    {
      file: 'protocol/frame.ts',
      find: 'const bodyBytes = bytes.readUInt32BE(at)',
      put: 'const bodyBytes = bytes.readInt32BE(at)',
    },
  ],
  caughtBy: [
    { file: 'protocol/decoder.test.ts', name: 'the longest length there is is refused' },
    { file: 'protocol/mutated-frames.test.ts', name: 'every length at an edge' },
  ],
}
