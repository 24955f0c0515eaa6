import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A committed prefix ends between an abandoned record and the one that abandons it.',
  edits: [
    {
      file: 'coordinator/ordering/commit.ts',
      find: 'if (one.seq <= seq && seq < one.bySeq) seq',
      put: 'if (one.seq > seq) seq',
    },
  ],
  caughtBy: [
    { file: 'coordinator/ordering/commit.test.ts', name: 'the committed prefix never ends between' },
  ],
}
