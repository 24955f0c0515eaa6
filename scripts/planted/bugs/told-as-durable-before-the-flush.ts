import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A replica says that records are durable which it has only begun to write.',
  edits: [
    {
      file: 'replica/followed-records.ts',
      find: 'store.journal.append(entries).then(',
      put: 'Promise.resolve(void store.journal.append(entries)).then(',
    },
  ],
  caughtBy: [
    {
      file: 'replica/followed-records.test.ts',
      name: 'are told as journaled when they are durable, and not before',
    },
  ],
}
