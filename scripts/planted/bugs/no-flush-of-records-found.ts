import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'An opening builds on records that a killed process left and nobody flushed.',
  edits: [
    {
      file: 'replica/store/journal/recovery.ts',
      find: 'if (last !== null) this.disk.flush(this.segments.file(last))',
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
