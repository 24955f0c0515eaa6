import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'An edit that got in between goes to history as if it had been known.',
  edits: [
    {
      file: 'replica/store/install/settle-out.ts',
      find: 'if (mayBeTorn || out.rotten || isKnown(work, out, came.contents))',
      put: 'if (mayBeTorn || out.digest !== null)',
    },
  ],
  caughtBy: [
    { file: 'replica/store/install-order.test.ts', name: 'what was saved over a file in the last moment' },
  ],
}
