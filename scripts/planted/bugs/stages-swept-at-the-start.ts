import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The bytes of records that are still to be installed are swept at the start.',
  edits: [
    {
      file: 'replica/store/recovery.ts',
      find: 'has: name => named.has(name) || this.isGathered(name)',
      put: 'has: () => false',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/recovery.test.ts',
      name: 'a stage goes when no record to be settled names it, and stays when one does',
    },
  ],
}
