import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A result that was kept back is linked to its path, and history shares it with whoever writes there.',
  edits: [
    {
      file: 'replica/store/install/kept-result.ts',
      find: "import type { Digest } from '../../../protocol/digest.ts'",
      put: "import { linkSync } from 'node:fs'\nimport type { Digest } from '../../../protocol/digest.ts'",
    },
    {
      file: 'replica/store/install/kept-result.ts',
      find: 'disk.moveNew(object.folder, object.name, site.folder, site.name)',
      put: `linkSync(\`/proc/self/fd/\${object.folder}/\${object.name}\`, \`/proc/self/fd/\${site.folder}/\${site.name}\`)`,
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/lookout/obstacles.test.ts',
      name: 'a file comes where a file stood for its folder, when that is gone',
    },
  ],
}
