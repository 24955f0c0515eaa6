import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The index says that records are on the disk while the file system is still flushing them.',
  edits: [
    {
      file: 'replica/store/checkpoint.ts',
      find: 'await this.flushTree()',
      put: 'void this.flushTree().catch(() => {})',
    },
  ],
  caughtBy: [
    { file: 'replica/store/checkpoint.test.ts', name: 'the index says that records are flushed only when' },
  ],
}
