import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A failed flush is forgotten when the server is restarted.',
  edits: [
    {
      file: 'replica/store/fence.ts',
      find: 'return bootId === this.bootId ? String(reason) : null',
      put: 'return bootId === null ? String(reason) : null',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/fence.test.ts',
      name: 'a fenced store settles nothing, in the next process as well',
    },
  ],
}
