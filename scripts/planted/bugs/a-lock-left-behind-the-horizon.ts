import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The record of a lease goes with old records, though the lease is held.',
  edits: [
    {
      file: 'coordinator/locks/leases.ts',
      find: 'if (lease.recordSeq <= seq && this.alive(lease) !== null) this.writeAnew(lease)',
      put: 'if (lease.recordSeq < 0) this.writeAnew(lease)',
    },
  ],
  caughtBy: [
    { file: 'coordinator/locks.cluster.test.ts', name: 'when the journal has gone on far past it' },
    { file: 'coordinator/locks/locks.test.ts', name: 'is written anew before a journal may lose it' },
  ],
}
