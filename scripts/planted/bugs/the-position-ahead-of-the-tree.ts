import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A record counts as installed before it is.',
  edits: [
    {
      file: 'replica/store/settler.ts',
      find: `    this.options.progress.set(seq)
`,
      put: '',
    },
    {
      file: 'replica/store/settler.ts',
      find: `    let outcome: Outcome | null = null
`,
      put: `    let outcome: Outcome | null = null
    this.options.progress.set(seq)
`,
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/crash.test.ts',
      name: 'the process ends and all of the index survives a put of a new file',
    },
  ],
}
