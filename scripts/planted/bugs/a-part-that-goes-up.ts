import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A path may have .. as a part that is not its first.',
  edits: [
    {
      file: 'protocol/path.ts',
      find: "    if (part === '.' || part === '..') return",
      put: "    if (part === '.' || (part === '..' && part === parts[0])) return",
    },
  ],
  caughtBy: [
    { file: 'protocol/hostile-paths.test.ts', name: 'what is no path is refused' },
    { file: 'protocol/paths-on-the-wire.test.ts', name: 'no path of READ may be one that is none' },
    { file: 'coordinator/hostile-paths.cluster.test.ts', name: 'of the coordinator nothing is asked' },
  ],
}
