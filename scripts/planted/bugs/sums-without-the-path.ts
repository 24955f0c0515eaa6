import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A file has the same sum under another name.',
  edits: [
    {
      file: 'protocol/tree-sum.ts',
      find: `  const pathBytes = into.write(path, at + 3)
`,
      put: `  const pathBytes = into.write('', at + 3)
`,
    },
  ],
  caughtBy: [
    { file: 'protocol/tree-sum.test.ts', name: 'show that a file has another name' },
    { file: 'protocol/tree-sum.test.ts', name: 'are those of the golden frame' },
  ],
}
