import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Locks and tokens are looked at before the bytes of a change come, and not again when it is ordered.',
  edits: [
    {
      file: 'coordinator/changing/change-work.ts',
      find: '    assertAdmitted(cluster, asked, change)\n',
      put: '',
    },
  ],
  caughtBy: [
    { file: 'coordinator/lock-times.cluster.test.ts', name: 'a holder that was stopped for three leases' },
    { file: 'coordinator/locks.cluster.test.ts', name: 'when it was current as the bytes began to come' },
  ],
}
