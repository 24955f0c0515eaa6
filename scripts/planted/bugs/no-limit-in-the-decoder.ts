import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A frame may be as long as it says.',
  edits: [
    {
      file: 'protocol/frame.ts',
      find: 'if (bodyBytes > bodyBytesMax)',
      put: 'if (bodyBytes > 2 ** 32)',
    },
  ],
  caughtBy: [{ file: 'protocol/decoder.test.ts', name: 'a body longer than its opcode may have is refused' }],
}
