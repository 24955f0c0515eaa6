import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Damaged bytes are cut off before the name of their copy is on the disk.',
  edits: [
    {
      file: 'replica/store/journal/set-aside.ts',
      find: `disk.rename(folder, copyNewName, what.newName)
  yield folder`,
      put: 'disk.rename(folder, copyNewName, what.newName)',
    },
  ],
  caughtBy: [{ file: 'replica/store/journal/flush-order.test.ts', name: 'with damage is changed only when' }],
}
