import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A stage is said to be durable while its flush is under way.',
  edits: [
    {
      file: 'replica/store/staging.ts',
      find: 'await this.options.flush()',
      put: 'void this.options.flush().catch(() => {})',
    },
  ],
  caughtBy: [
    { file: 'replica/staging-streams.test.ts', name: 'bytes are told as staged when they are durable' },
  ],
}
