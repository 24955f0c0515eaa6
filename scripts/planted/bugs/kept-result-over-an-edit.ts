import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A result that was kept back comes over whatever somebody has saved there meanwhile.',
  edits: [
    {
      file: 'replica/store/install/kept-result.ts',
      find: "return holds(found.copy, contents) === 'known' && exchangeWith(kept, found)",
      put: 'return contents !== null && exchangeWith(kept, found)',
    },
  ],
  caughtBy: [
    { file: 'replica/store/lookout/obstacles.test.ts', name: 'what somebody saved meanwhile stays' },
  ],
}
