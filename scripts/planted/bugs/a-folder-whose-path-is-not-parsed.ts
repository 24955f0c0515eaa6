import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'The folder of a request is taken as it comes.',
  edits: [
    {
      file: 'protocol/fields.ts',
      find: "return value === '' ? wholeTree : parsePath(value)",
      put: "return value === '' ? wholeTree : (value as FolderPath)",
    },
  ],
  caughtBy: [
    { file: 'protocol/paths-on-the-wire.test.ts', name: 'these fields of these opcodes are paths' },
    { file: 'coordinator/hostile-paths.cluster.test.ts', name: 'of the coordinator nothing is asked' },
  ],
}
