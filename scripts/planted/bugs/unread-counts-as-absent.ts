import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'NOT_FOUND is said though a copy could not be read.',
  edits: [
    {
      file: 'protocol/verdict.ts',
      find: "answer.copy?.is === 'absent'",
      put: "(answer.copy?.is === 'absent' || answer.copy?.is === 'unreadable')",
    },
  ],
  caughtBy: [
    { file: 'protocol/verdict.test.ts', name: 'absent where asked, and a copy that cannot be read' },
  ],
}
