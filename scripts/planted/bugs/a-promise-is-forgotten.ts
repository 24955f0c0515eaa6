import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A replica that was restarted follows a coordinator of before.',
  edits: [
    {
      file: 'replica/following.ts',
      find: 'store.setPromised(epoch)',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/following-links.test.ts', name: 'a promise outlives a restart' }],
}
