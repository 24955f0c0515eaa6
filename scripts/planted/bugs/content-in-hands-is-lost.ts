import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A content that a record has in its hands, on its way from the tree to history, counts as lost.',
  edits: [
    {
      file: 'replica/store/search-at-rest.ts',
      find: 'Math.min(last, settler.committedSeq)',
      put: 'Math.min(seq, settler.committedSeq)',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/contents.test.ts',
      name: 'is given while a record has it in its hands, on its way from the tree to history',
    },
  ],
}
