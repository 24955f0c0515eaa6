import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What a path held before records that were passed over is forgotten at the start.',
  edits: [
    {
      file: 'replica/store/recovery.ts',
      find: '[...this.indexedAt(pathsBefore), ...earlier.flatMap(knownTo), ...entries.flatMap(knownTo)]',
      put: 'entries.flatMap(knownTo)',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/recovery.test.ts',
      name: 'what a path held before records that were passed over is no edit after the process ended and was put',
    },
  ],
}
