import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The index says that records are on the disk whose files were only written.',
  edits: [
    {
      file: 'replica/store/checkpoint.ts',
      find: 'await this.flushTree()',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/store/checkpoint.test.ts', name: 'what was flushed is whole' }],
}
