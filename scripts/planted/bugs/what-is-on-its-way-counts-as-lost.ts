import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What another node needs, and this one is about to get, is called lost.',
  edits: [
    {
      file: 'replica/store/search-at-rest.ts',
      find: 'if (found !== null || until <= settledSeq || isLast || tries === searchesMax) return found',
      put: 'if (found !== null || until <= settledSeq || isLast || tries < searchesMax) return found',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/contents.test.ts',
      name: 'is given for a rename once this node has it, as long as that is not settled',
    },
  ],
}
