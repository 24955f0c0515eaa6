import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Names may turn around what stands beside them.',
  edits: [
    {
      file: 'client/words/printable.ts',
      find: '\\u2028-\\u202e\\u2066-\\u2069',
      put: '\\u2028\\u2029',
    },
  ],
  caughtBy: [
    {
      file: 'client/hostile-words.test.ts',
      name: 'the sentence of an ERROR verdict may hold letters turned around, and nothing obeys it',
    },
  ],
}
