import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A flush of the file system that failed is made again at the next checkpoint.',
  edits: [
    {
      file: 'replica/store/checkpoint.ts',
      find: 'fence.set(`a flush of',
      put: 'void (`a flush of',
    },
  ],
  caughtBy: [
    { file: 'replica/store/fence.test.ts', name: 'a checkpoint whose flush fails fences the store' },
  ],
}
