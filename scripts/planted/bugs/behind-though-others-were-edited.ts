import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A copy counts as only behind though the others are not what it will become.',
  edits: [
    {
      file: 'coordinator/only-behind.ts',
      find: `  return isLatest ? isBehind : nobody
`,
      put: `  return isBehind
`,
    },
  ],
  caughtBy: [{ file: 'coordinator/only-behind.test.ts', name: 'they would not be the same afterwards' }],
}
