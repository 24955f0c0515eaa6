import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A body is read and sent as fast as the disk gives it, whoever reads it.',
  edits: [
    {
      file: 'replica/store/body-sink.ts',
      find: "await sink.piece('CHUNK', block)",
      put: "void sink.piece('CHUNK', block)",
    },
  ],
  caughtBy: [
    { file: 'replica/store/body-sink.test.ts', name: 'a block is read when the one before was taken' },
  ],
}
