import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A lease is timed by the wall clock, which somebody may set.',
  edits: [
    {
      file: 'coordinator/locks/leases.ts',
      find: 'return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }',
      put: 'return { wallMs: clock.nowMs(), monotonicMs: clock.nowMs() }',
    },
  ],
  caughtBy: [
    { file: 'coordinator/lock-times.cluster.test.ts', name: 'a wall clock that is set a year ahead' },
    { file: 'coordinator/locks/locks.test.ts', name: 'a lease ends by the monotonic clock' },
  ],
}
