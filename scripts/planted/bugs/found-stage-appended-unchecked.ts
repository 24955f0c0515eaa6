import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A stage that a start finds is written at the end of a file without a look at its bytes.',
  edits: [
    {
      file: 'replica/store/install/append.ts',
      find: 'if (stage === null || ground',
      put: 'if (stage !== null || ground',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/recovery.test.ts',
      name: 'a stage that was damaged while nobody had it open is not written at the end',
    },
  ],
}
