import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The source of a rename that lost bytes with the power is moved on as it is.',
  edits: [
    {
      file: 'replica/store/recovery.ts',
      find: 'else this.moveBack(place, from)',
      put: 'else chains.forget(from)',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/crash.test.ts',
      name: 'power is lost and the index as it was flushed survives a file that moved away, and comes back over what took its place',
    },
  ],
}
