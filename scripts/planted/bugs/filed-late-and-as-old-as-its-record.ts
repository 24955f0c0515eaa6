import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What comes to history long after its record was settled counts as old as that.',
  edits: [
    {
      file: 'replica/store/history/seen-time.ts',
      find: 'if (seq > this.lastSeq) return',
      put: 'if (seq >= 0) return',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/history/keeper.test.ts',
      name: 'what gives way to a result that was kept back is as old as that',
    },
    { file: 'replica/store/history/seen-time.test.ts', name: 'what is filed late' },
  ],
}
