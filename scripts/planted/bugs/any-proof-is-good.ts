import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A proof of the right length is taken for a proof.',
  edits: [
    {
      file: 'protocol/hmac-key.ts',
      find: 'given.length === right.length && timingSafeEqual(right, given)',
      put: 'given.length === right.length',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/unauthenticated.cluster.test.ts',
      name: 'credentials that are none server1, asked with another secret, answers no request that there is',
    },
  ],
}
