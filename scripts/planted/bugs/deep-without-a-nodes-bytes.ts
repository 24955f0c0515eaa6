import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A node that did not read its bytes is compared by what it knew before.',
  edits: [
    {
      file: 'coordinator/on-verify.ts',
      find: `    if (deep && one.is === 'failed')`,
      put: `    if (!deep && one.is === 'failed')`,
    },
  ],
  caughtBy: [
    { file: 'coordinator/on-verify.test.ts', name: 'is not compared at all where every byte was to be read' },
  ],
}
