import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A replica takes a small put whose bytes are not those of its digest.',
  edits: [
    {
      file: 'replica/followed-records.ts',
      find: 'digestOf(body).digest === change.digest',
      put: 'digestOf(body)',
    },
  ],
  caughtBy: [{ file: 'replica/following.test.ts', name: 'a put beside which other bytes ride is BAD_FRAME' }],
}
