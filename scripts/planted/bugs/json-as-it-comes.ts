import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'JSON shows what a terminal would obey.',
  edits: [
    {
      file: 'client/words/printable.ts',
      find: 'return JSON.stringify(value).replace(',
      put: 'return JSON.stringify(value).replace.call(JSON.stringify(value), /$^/g,',
    },
  ],
  caughtBy: [
    {
      file: 'client/hostile-words.test.ts',
      name: 'the sentence of an ERROR verdict may hold a colour, and nothing obeys it',
    },
  ],
}
