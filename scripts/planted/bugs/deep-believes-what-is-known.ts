import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A deep verification takes digests that are known for bytes that were read.',
  edits: [
    {
      file: 'replica/store/summing.ts',
      find: ` && !this.options.deep)`,
      put: `)`,
    },
  ],
  caughtBy: [
    { file: 'replica/store/summing.test.ts', name: 'have every file read whatever is known' },
    { file: 'replica/store/sum.test.ts', name: 'a change that no stat shows' },
  ],
}
