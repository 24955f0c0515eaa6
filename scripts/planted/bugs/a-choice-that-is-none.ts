import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A choice that is not in the list is looked up all the same, and what is not there is used.',
  edits: [
    {
      file: 'protocol/codec.ts',
      find: "    if (name === undefined) throw new ConcurError('BAD_FRAME', 'a choice that is none')\n",
      put: '',
    },
  ],
  caughtBy: [
    { file: 'protocol/mutated-frames.test.ts', name: 'every golden frame with any byte made strange' },
  ],
}
