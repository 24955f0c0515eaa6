import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A change is acknowledged when it is committed, and in no folder yet.',
  edits: [
    {
      file: 'coordinator/ordering/ledger.ts',
      find: 'const settled = settledUpTo(members, this.leavers, this.committedSeq)',
      put: 'const settled = this.committedSeq',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/ordering/ledger.test.ts',
      name: 'a committed change is over when every node has settled it',
    },
  ],
}
