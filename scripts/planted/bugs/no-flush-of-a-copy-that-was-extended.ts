import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The copy of a file with an append at its end is exchanged in before it is on the disk.',
  edits: [
    {
      file: 'replica/store/install/copy-extended.ts',
      find: 'await stages.flush(fd)',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/store/install-order.test.ts', name: 'a copy that gets an append' }],
}
