import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A flush that failed under a promise is made again with the next one.',
  edits: [
    {
      file: 'replica/store/fence.ts',
      find: "if (isFailedFlush(error)) this.set('a flush failed')",
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/store/fence.test.ts', name: 'a promise whose flush fails' }],
}
