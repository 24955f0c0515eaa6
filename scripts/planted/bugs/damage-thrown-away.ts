import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What stands behind damage is thrown away like a torn end.',
  edits: [
    {
      file: 'replica/store/journal/recovery.ts',
      find: 'if (!wasDurable && records === 0 && !isStrange)',
      put: 'if (records >= 0)',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/journal/set-aside.test.ts',
      name: 'what stands behind a segment that is gone is set aside',
    },
  ],
}
