import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A change counts as committed that the coordinator itself has only begun to write.',
  edits: [
    {
      file: 'coordinator/ordering/ledger.ts',
      find: 'journaledSeq: this.options.journal.durableSeq',
      put: 'journaledSeq: this.options.journal.last.seq',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/ordering/ledger.test.ts',
      name: 'a change is not committed before the coordinator has made it durable itself',
    },
  ],
}
