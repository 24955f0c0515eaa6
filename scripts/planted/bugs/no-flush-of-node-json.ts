import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Who the node is and what it promised is renamed into place before it is on the disk.',
  edits: [
    {
      file: 'replica/store/durable-file.ts',
      find: 'disk.flush(file)',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/store/store.test.ts', name: 'node.json is flushed' }],
}
