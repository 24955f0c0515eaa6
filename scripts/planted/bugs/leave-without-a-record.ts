import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A node leaves the set, and no record says so.',
  edits: [
    {
      file: 'coordinator/ordering/ledger.ts',
      find: 'this.leavers.push(leaver)',
      put: '',
    },
    {
      file: 'coordinator/ordering/ledger.ts',
      find: 'this.write([{ change, ...nobody }, ...abandon])',
      put: 'this.write(abandon)',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/ordering/ledger.test.ts',
      name: 'a node that leaves is waited for until the record of its leaving is durable',
    },
  ],
}
