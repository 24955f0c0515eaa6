import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A replica follows whoever comes.',
  edits: [
    {
      file: 'replica/following.ts',
      find: 'known !== null && !follows(known, epoch)',
      put: 'known !== null && !follows(epoch, epoch)',
    },
  ],
  caughtBy: [{ file: 'replica/following-links.test.ts', name: 'a lower epoch, before anything is compared' }],
}
