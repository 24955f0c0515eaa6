import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Records that were taken back leave their dates to those that get their numbers.',
  edits: [
    {
      file: 'replica/store/changes.ts',
      find: 'parts.seen.cutBehind(commonSeq)',
      put: '',
    },
  ],
  caughtBy: [
    { file: 'replica/store/history/keeper.test.ts', name: 'what records replace that came after a fork' },
  ],
}
