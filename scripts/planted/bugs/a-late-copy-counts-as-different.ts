import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What a walk found while changes were under way is not looked at again.',
  edits: [
    {
      file: 'coordinator/compared-rows.ts',
      find: `    return this.restedAt !== null && this.restedAt === this.options.motion.restingSeq()
`,
      put: `    return true
`,
    },
  ],
  caughtBy: [
    { file: 'coordinator/compared-rows.test.ts', name: 'a copy that was a moment late' },
    { file: 'coordinator/on-verify.cluster.test.ts', name: 'has ~ where it is only behind' },
  ],
}
