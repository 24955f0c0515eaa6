import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A stage is said to be durable, and was only written.',
  edits: [
    {
      file: 'replica/store/staging.ts',
      find: 'await this.disk.flushSoon(file)',
      put: '',
    },
  ],
  caughtBy: [
    { file: 'replica/store/install-order.test.ts', name: 'a staged file is on the disk, bytes and name' },
  ],
}
