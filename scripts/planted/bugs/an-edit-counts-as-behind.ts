import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A copy that somebody edited counts as behind, because its node is.',
  edits: [
    {
      file: 'coordinator/only-behind.ts',
      find: `  return isAsMade(answer.copy, answer.at.made, answer.at.journaled)
`,
      put: `  return true
`,
    },
  ],
  caughtBy: [
    { file: 'coordinator/only-behind.test.ts', name: 'is not with a file that was edited on its disk' },
  ],
}
