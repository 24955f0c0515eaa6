import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Links and unreadable files count as compared where all sums are the same.',
  edits: [
    {
      file: 'protocol/tree-sum.ts',
      find: `new Set(trees.flatMap(({ open }) => open))`,
      put: `new Set<number>()`,
    },
  ],
  caughtBy: [
    { file: 'protocol/tree-sum.test.ts', name: 'are those that hold what cannot be compared' },
    { file: 'coordinator/on-verify.test.ts', name: 'are ! where something is that cannot be compared' },
  ],
}
