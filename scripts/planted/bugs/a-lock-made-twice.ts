import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A lock that is sent again is made again.',
  edits: [
    {
      file: 'coordinator/on-lock.ts',
      find: "  if (known.is === 'attempt') return known.answer()\n",
      put: "  if (known.is === 'attempt') return null\n",
    },
  ],
  caughtBy: [{ file: 'coordinator/locks.cluster.test.ts', name: 'a lock that is sent again is made once' }],
}
