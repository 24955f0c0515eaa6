import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A start after a loss of power says that all is well before what it mended is on the disk.',
  edits: [
    {
      file: 'replica/store/changes.ts',
      find: 'await disk.flushAllSoon(folder)',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/store/recovery.test.ts', name: 'what a start mended' }],
}
