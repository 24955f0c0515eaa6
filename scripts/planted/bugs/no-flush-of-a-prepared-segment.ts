import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A segment is used whose zeros and size were never flushed.',
  edits: [
    {
      file: 'replica/store/journal/next-segment.ts',
      find: 'await flushed(this.disk.flushSoon(file))',
      put: '',
    },
  ],
  caughtBy: [
    { file: 'replica/store/journal/flush-order.test.ts', name: 'a segment is on the disk before it is used' },
  ],
}
