import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Replicas promise to follow a term whose beginning the coordinator may forget.',
  edits: [
    {
      file: 'coordinator/ordering/ledger.ts',
      find: 'return this.options.journal.durableSeq >= this.beginSeq ? this.epoch : null',
      put: 'return this.epoch',
    },
    {
      file: 'coordinator/changing/changing.ts',
      find: 'onAppended: () => this.eachSeat(seat => seat.recordsAppended()),',
      put: 'onAppended: () => this.eachSeat(seat => (seat.isFollowing ? seat.recordsAppended() : seat.begin())),',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/ordering/ledger.test.ts',
      name: 'a term has an epoch for others when its beginning is durable',
    },
  ],
}
