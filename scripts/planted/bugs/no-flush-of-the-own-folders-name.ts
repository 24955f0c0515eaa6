import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The folder of a new store may be lost with all that was flushed in it.',
  edits: [
    {
      file: 'replica/store/node-file.ts',
      find: 'this.disk.flush(root)',
      put: '',
    },
  ],
  caughtBy: [
    { file: 'replica/store/store.test.ts', name: 'the folder of a new store has its name on the disk' },
  ],
}
