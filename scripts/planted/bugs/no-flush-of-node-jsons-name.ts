import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Who the node is and what it promised may be what it was after a loss of power.',
  edits: [
    {
      file: 'replica/store/durable-file.ts',
      find: 'disk.flush(folder)',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/store/store.test.ts', name: 'node.json is flushed' }],
}
