import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'An upload is taken whose bytes are not those that the client sent.',
  edits: [
    {
      file: 'coordinator/changing/incoming.ts',
      find: 'this.size !== size || found.digest !== digest',
      put: 'this.size !== size',
    },
  ],
  caughtBy: [
    { file: 'coordinator/changing/incoming.test.ts', name: 'but not those of the digest, are refused' },
  ],
}
