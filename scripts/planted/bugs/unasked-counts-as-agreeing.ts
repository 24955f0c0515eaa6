import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Copies are said to be the same though a node could not be asked.',
  edits: [
    {
      file: 'protocol/verdict.ts',
      find: 'if (isOneFile(answers)) return agreedOn(versionOf(answers))',
      put: `const asked = answers.filter(({ copy }) => copy !== null)
  if (isOneFile(asked)) return agreedOn(versionOf(asked))`,
    },
  ],
  caughtBy: [{ file: 'protocol/verdict.test.ts', name: 'a node that does not answer' }],
}
