import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What a listing names is believed to be in the folder that was asked for.',
  edits: [
    {
      file: 'client/commands/get-folder.ts',
      find: 'if (path.startsWith(',
      put: 'if (path !== null || path.startsWith(',
    },
  ],
  caughtBy: [
    {
      file: 'client/hostile-contents.test.ts',
      name: 'get -r, told a path that begins like the folder, writes nothing anywhere',
    },
  ],
}
