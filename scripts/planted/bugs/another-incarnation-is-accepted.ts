import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A replica follows two coordinators that have the same epoch number.',
  edits: [
    {
      file: 'replica/following.ts',
      find: 'return promised.incarnation === epoch.incarnation',
      put: 'return true',
    },
  ],
  caughtBy: [{ file: 'replica/following-links.test.ts', name: 'another coordinator of the same number' }],
}
