import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What was deleted is not stated.',
  edits: [
    {
      file: 'replica/store/stated/stated-tree.ts',
      find: `const meant = piece.filter(([path]) => buckets.has(bucketOf(path)))`,
      put: `const meant = piece.filter(([path, { is }]) => is !== 'absent' && buckets.has(bucketOf(path)))`,
    },
  ],
  caughtBy: [{ file: 'coordinator/horizon.cluster.test.ts', name: 'is told what paths are' }],
}
