import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Damaged bytes are cut off before their copy is on the disk.',
  edits: [
    {
      file: 'replica/store/journal/set-aside.ts',
      find: 'yield copy',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/store/journal/flush-order.test.ts', name: 'with damage is changed only when' }],
}
