import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A change is acknowledged without a node whose leaving is not durable yet.',
  edits: [
    {
      file: 'coordinator/ordering/ledger.ts',
      find: 'this.leavers.push(leaver)',
      put: '',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/ordering/ledger.test.ts',
      name: 'a node that leaves is waited for until the record of its leaving is durable',
    },
  ],
}
