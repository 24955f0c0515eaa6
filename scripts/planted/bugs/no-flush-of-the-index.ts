import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A stage is thrown away while the index may still want its bytes.',
  edits: [
    {
      file: 'replica/store/checkpoint.ts',
      find: 'await this.flushIndex()',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/store/checkpoint.test.ts', name: 'a stage that an append has used' }],
}
