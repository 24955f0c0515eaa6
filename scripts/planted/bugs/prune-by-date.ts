import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What is in history grows older by the wall clock: one that jumps prunes all of it.',
  edits: [
    {
      file: 'replica/store/history/seen-time.ts',
      find: 'this.beganMs = clock.monotonicMs()',
      put: 'this.beganMs = (clock as unknown as { nowMs(): number }).nowMs()',
    },
    {
      file: 'replica/store/history/seen-time.ts',
      find: 'this.options.clock.monotonicMs()',
      put: '(this.options.clock as unknown as { nowMs(): number }).nowMs()',
    },
  ],
  caughtBy: [
    { file: 'replica/store/history/keeper.test.ts', name: 'a wall clock that jumps' },
    { file: 'replica/store/history/seen-time.test.ts', name: 'a wall clock that jumps' },
  ],
}
