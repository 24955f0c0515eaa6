import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'An opening builds on names that a killed process left and nobody flushed.',
  edits: [
    {
      file: 'replica/store/journal/recovery.ts',
      find: 'this.disk.flush(this.folder)',
      put: '',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/journal/flushes.test.ts',
      name: 'what a process that was killed at any call has left',
    },
  ],
}
