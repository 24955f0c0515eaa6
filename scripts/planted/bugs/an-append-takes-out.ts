import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'An append counts as if it took its file out of the tree.',
  edits: [
    {
      file: 'replica/store/recovery.ts',
      find: "if (change === undefined || change.type === 'append') return false",
      put: 'if (change === undefined) return false',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/crash.test.ts',
      name: 'power is lost and the index as it was flushed survives two appends and a put',
    },
  ],
}
