import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'NOT_FOUND is said though a node could not be asked.',
  edits: [
    {
      file: 'protocol/verdict.ts',
      find: "code: silent.length === 0 ? 'NOT_FOUND' : 'UNREACHABLE'",
      put: "code: 'NOT_FOUND'",
    },
  ],
  caughtBy: [
    { file: 'protocol/verdict.test.ts', name: 'absent where asked, and somebody could not be asked' },
  ],
}
