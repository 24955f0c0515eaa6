import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A stage that a start finds is installed without a look at its bytes.',
  edits: [
    {
      file: 'replica/store/install/new-file.ts',
      find: 'if (known?.digest === digest)',
      put: 'if (known)',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/recovery.test.ts',
      name: 'a stage that was damaged while nobody had it open is not installed',
    },
  ],
}
