import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A replica appends records that do not follow from its own.',
  edits: [
    {
      file: 'replica/followed-records.ts',
      find: '|| previous !== this.last.hash',
      put: '',
    },
  ],
  caughtBy: [{ file: 'replica/followed-records.test.ts', name: 'that follow from another past are a fork' }],
}
