import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What was put into the index is said to be on the disk before it is written.',
  edits: [
    {
      file: 'replica/store/lmdb-environment.ts',
      find: `    await (this.next ?? this.underWay)
    if (this.kept`,
      put: '    if (this.kept',
    },
  ],
  caughtBy: [{ file: 'replica/store/full-index.test.ts', name: 'what the library refuses is told once' }],
}
