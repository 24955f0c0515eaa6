import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A file that comes to a new name replaces whatever came there meanwhile.',
  edits: [
    {
      file: 'replica/store/linux-disk.ts',
      find: 'newName, RENAME_NOREPLACE',
      put: 'newName, 0',
    },
  ],
  caughtBy: [
    { file: 'replica/store/install-order.test.ts', name: 'what was saved at a new name in the last moment' },
  ],
}
