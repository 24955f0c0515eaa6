import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What was put into the index is said to be on the disk before it is written.',
  edits: [
    {
      file: 'replica/store/lmdb-environment.ts',
      find: `async flush(): Promise<void> {
    await this.underWay`,
      put: 'async flush(): Promise<void> {',
    },
  ],
  caughtBy: [{ file: 'replica/store/lmdb-index.test.ts', name: 'everything below a folder is found' }],
}
