import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A stage is taken whose bytes are not those that were sent.',
  edits: [
    {
      file: 'replica/staging.ts',
      find: 'if (sealed.size !== expected.size || sealed.digest !== expected.digest)',
      put: 'if (sealed.size !== expected.size)',
    },
  ],
  caughtBy: [{ file: 'replica/staging-streams.test.ts', name: 'bytes that are not those of the SEAL' }],
}
