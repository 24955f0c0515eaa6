import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A flush that failed while a store was opened is made again by the next start.',
  edits: [
    {
      file: 'replica/store/changes.ts',
      find: 'if (isFailedFlush(error)) fence.set(',
      put: 'if (isFailedFlush(null)) fence.set(',
    },
  ],
  caughtBy: [{ file: 'replica/store/fence.test.ts', name: 'a start one of whose flushes fails' }],
}
