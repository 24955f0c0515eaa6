import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A stage is said to be durable, and its name may be lost.',
  edits: [
    {
      file: 'replica/store/staging.ts',
      find: 'await this.disk.flushSoon(this.folder)',
      put: '',
    },
  ],
  caughtBy: [
    { file: 'replica/store/install-order.test.ts', name: 'a staged file is on the disk, bytes and name' },
  ],
}
