import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What a program has changed since it came to history is pruned without a look.',
  edits: [
    {
      file: 'replica/store/history/pruning.ts',
      find: "if (filed === null || objects.standing(filed) !== 'as filed') return this.fileAnew(place)",
      put: 'if (filed === null) return this.fileAnew(place)',
    },
  ],
  caughtBy: [
    { file: 'replica/store/history/keeper.test.ts', name: 'what a program has changed since is filed anew' },
  ],
}
