import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What the index says of records to come counts as what a path held before.',
  edits: [
    {
      file: 'replica/store/recovery.ts',
      find: ' && state.seq < seq',
      put: '',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/crash.test.ts',
      name: 'the process ends and all of the index survives a file that moved away, and comes back over what took its place',
    },
  ],
}
