import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The journal is trimmed under a replica that is being told its records.',
  edits: [
    {
      file: 'replica/store/horizon.ts',
      find: `log.loggedSeq, neededAfter(),`,
      put: `log.loggedSeq,`,
    },
  ],
  caughtBy: [{ file: 'replica/store/horizon.test.ts', name: 'a release leaves' }],
}
