import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The checker of campaigns takes a change without an answer for one that was not made.',
  edits: [
    {
      file: 'scripts/campaigns/model.ts',
      find: 'this.unknown.push(change)',
      put: '',
    },
  ],
  caughtBy: [{ file: 'scripts/campaigns/model.test.ts', name: 'a change without an answer was made or not' }],
}
