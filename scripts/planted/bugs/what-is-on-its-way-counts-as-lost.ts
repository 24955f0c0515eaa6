import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What another node needs, and this one is about to get, is called lost.',
  edits: [
    {
      file: 'replica/store/store.ts',
      find: 'await this.settler.settled(seq)\n      return this.contents.open(entry)',
      put: 'throw error',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/contents.test.ts',
      name: 'is given for a rename once this node has it, as long as that is not settled',
    },
  ],
}
