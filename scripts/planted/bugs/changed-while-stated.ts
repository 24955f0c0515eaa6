import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What changes while it is stated is not stated again.',
  edits: [
    {
      file: 'replica/store/stated/stated-tree.ts',
      find: `path => this.touched.add(path)`,
      put: `() => {}`,
    },
  ],
  caughtBy: [{ file: 'replica/store/stated/stated-file.test.ts', name: 'what changes while it is stated' }],
}
