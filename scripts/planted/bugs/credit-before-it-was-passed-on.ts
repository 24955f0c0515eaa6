import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A replica is given credit for what its reader has not taken.',
  edits: [
    {
      file: 'coordinator/pouring.ts',
      find: 'this.bytesWaiting += body.length',
      put: `this.bytesWaiting += body.length
    this.stream?.consumed(body.length)`,
    },
    {
      file: 'coordinator/pouring.ts',
      find: `        this.stream?.consumed(body.length)
`,
      put: '',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/on-read.faults.test.ts',
      name: 'a slow client makes nobody hold more than the credits',
    },
  ],
}
