import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A failed flush is known to this process only.',
  edits: [
    {
      file: 'replica/store/fence.ts',
      find: `    this.write(reason)
`,
      put: '',
    },
  ],
  caughtBy: [
    { file: 'replica/store/fence.test.ts', name: 'a checkpoint whose flush fails fences the store' },
  ],
}
