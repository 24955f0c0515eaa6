import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What was stated takes whatever lies on the disk for what the node had settled.',
  edits: [
    {
      file: 'replica/store/stated/settle-stated.ts',
      find: 'new Work({ entry, slices, older: [], mayBeTorn })',
      put: 'new Work({ entry, slices, older: [], mayBeTorn, afterPowerLoss: true })',
    },
  ],
  caughtBy: [{ file: 'coordinator/horizon.cluster.test.ts', name: 'keeps what was edited on its disk' }],
}
