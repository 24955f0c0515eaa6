import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A delete that is tried again takes whatever somebody has saved there meanwhile.',
  edits: [
    {
      file: 'replica/store/install/kept-delete.ts',
      find: 'madeAt !== null && madeAt < seq ?',
      put: 'madeAt !== seq ?',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/lookout/obstacles.test.ts',
      name: 'stays where somebody has saved it meanwhile',
    },
  ],
}
