import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A replica takes a small put whose bytes are not those of its digest.',
  edits: [
    {
      file: 'protocol/received-entry.ts',
      find: 'digestOf(body).digest !== change.digest',
      put: 'digestOf(body) === null',
    },
  ],
  caughtBy: [{ file: 'replica/following.test.ts', name: 'a put beside which other bytes ride is BAD_FRAME' }],
}
