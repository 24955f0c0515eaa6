import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What the next record had taken out of the tree is not known at the start.',
  edits: [
    {
      file: 'replica/store/recovery.ts',
      find: 'if (this.mayBeTakenOut(path)) this.leftOut.set(path, known)',
      put: '',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/recovery.test.ts',
      name: 'what a path held before records that were passed over is no edit after the process ended in the middle of its delete',
    },
  ],
}
