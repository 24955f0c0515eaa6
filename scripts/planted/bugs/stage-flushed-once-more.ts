import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A flush of a stage that failed is made again, and believed.',
  edits: [
    {
      file: 'replica/store/staging.ts',
      find: 'await this.disk.flushSoon(file)',
      put: 'await this.disk.flushSoon(file).catch(() => this.disk.flushSoon(file))',
    },
  ],
  caughtBy: [
    { file: 'replica/store/fence.test.ts', name: 'a flush of a stage that failed is not made again' },
  ],
}
