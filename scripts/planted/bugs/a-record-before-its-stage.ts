import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A replica says that a record is durable whose bytes are still on their way.',
  edits: [
    {
      file: 'replica/followed-records.ts',
      find: 'if (coming.length === 0) return',
      put: 'if (coming.length >= 0) return',
    },
  ],
  caughtBy: [
    {
      file: 'replica/staging-streams.test.ts',
      name: 'a record that names a stage whose bytes still come waits for them',
    },
  ],
}
