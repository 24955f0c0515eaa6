import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What came out of the tree is taken for what the index knows, and not looked at.',
  edits: [
    {
      file: 'replica/store/install/looked-at.ts',
      find: 'const digest = isAtHand ? record.digest : await',
      put: 'const digest = before !== null ? before.copy.digest : await',
    },
  ],
  caughtBy: [
    { file: 'replica/store/install-order.test.ts', name: 'what was saved over a file in the last moment' },
  ],
}
