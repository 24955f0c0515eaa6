import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A folder gets a name below which something in it has no path any more.',
  edits: [
    {
      file: 'coordinator/changing/change-work.ts',
      find: 'if (await store.fitsBelow(from, to)) return',
      put: 'if ((await store.fitsBelow(from, to)) || from !== to) return',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/changing/change-work.test.ts',
      name: 'of a folder’s new name below which something could not be named leaves no trace',
    },
  ],
}
