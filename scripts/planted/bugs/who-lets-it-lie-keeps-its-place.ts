import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A client that takes nothing of a file keeps its place for ever, and others are turned away.',
  edits: [
    {
      file: 'protocol/request-gate.ts',
      find: 'if (this.carriers.size >= carryingMax) this.expelSlow()',
      put: '',
    },
  ],
  caughtBy: [
    {
      file: 'protocol/connection-limits.test.ts',
      name: 'gives way to another one once it has been slow for long enough',
    },
  ],
}
