import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A file that is replaced is gone, whatever it was.',
  edits: [
    {
      file: 'replica/store/linux-disk.ts',
      find: 'otherName, RENAME_EXCHANGE',
      put: 'otherName, 0',
    },
  ],
  caughtBy: [
    { file: 'replica/store/install-order.test.ts', name: 'what was saved over a file in the last moment' },
    { file: 'replica/store/changes.test.ts', name: 'a put over a file moves what was there into history' },
  ],
}
