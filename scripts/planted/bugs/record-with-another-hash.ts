import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A record is read as good that is not the one of its hash.',
  edits: [
    {
      file: 'replica/store/journal/segments.ts',
      find: 'entry.hash === entryAt.hash(bytes, offset) && ',
      put: '',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/journal/set-aside.test.ts',
      name: 'a record that was changed together with its checksum',
    },
  ],
}
