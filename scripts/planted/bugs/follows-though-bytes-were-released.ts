import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A replica follows on, though it may need bytes of records that were released.',
  edits: [
    {
      file: 'coordinator/following/meeting.ts',
      find: 'if (!hasForked && mayNeedReleased(begin.seq, replica)) return null',
      put: '',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/following/restating.test.ts',
      name: 'it is told so as well where it has the records, and may need bytes of those that were released',
    },
  ],
}
