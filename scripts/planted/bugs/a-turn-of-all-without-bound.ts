import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'However many peers ask in the same moment, all of them are worked on in one turn.',
  edits: [
    {
      file: 'protocol/short-turns.ts',
      find: 'return nowMs - this.beganMs >= turnMsMax',
      put: 'return false',
    },
  ],
  caughtBy: [
    {
      file: 'protocol/turns.test.ts',
      name: 'who ask in the same moment, a turn works on what fits into its time',
    },
  ],
}
