import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A segment gets its name before its header is on the disk.',
  edits: [
    {
      file: 'replica/store/journal/tail.ts',
      find: 'await flushed(disk.flushDataSoon(prepared.file))',
      put: '',
    },
  ],
  caughtBy: [
    { file: 'replica/store/journal/flush-order.test.ts', name: 'a segment is on the disk before it is used' },
  ],
}
