import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A body that comes in pieces has another digest than the file.',
  edits: [
    {
      file: 'protocol/digest.ts',
      find: `  hasher.update(blockDomain)
`,
      put: '',
    },
  ],
  caughtBy: [{ file: 'protocol/digest.test.ts', name: 'has the same digest when it comes in pieces' }],
}
