import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A verification in which a node took no part ends as if all were the same.',
  edits: [
    {
      file: 'client/commands/verify.ts',
      find: `    return unreachable.length > 0 ? 2 : 0
`,
      put: `    return 0
`,
    },
  ],
  caughtBy: [{ file: 'client/commands/verify.test.ts', name: 'is never status 0' }],
}
