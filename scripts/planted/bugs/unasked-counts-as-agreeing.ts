import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Copies are said to be the same though a node could not be asked.',
  edits: [
    {
      file: 'protocol/verdict.ts',
      find: 'return isOneFile(answers) ? agreedOn(versionOf(answers)) : null',
      put: `const asked = answers.filter(({ copy }) => copy !== null)
  return isOneFile(asked) ? agreedOn(versionOf(asked)) : null`,
    },
  ],
  caughtBy: [{ file: 'protocol/verdict.test.ts', name: 'a node that does not answer' }],
}
