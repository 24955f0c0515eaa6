import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What comes back from history is linked to its path: whoever writes into it there writes into history.',
  edits: [
    {
      file: 'replica/store/fork/undoing.ts',
      find: "import type { Digest } from '../../../protocol/digest.ts'",
      put: "import { linkSync } from 'node:fs'\nimport type { Digest } from '../../../protocol/digest.ts'",
    },
    {
      file: 'replica/store/fork/undoing.ts',
      find: `const to = tree.makeParent(path)
      try {
        disk.moveNew(from.folder, from.name, to.folder, to.name)`,
      put: `const to = tree.makeParent(path)
      try {
        linkSync(\`/proc/self/fd/\${from.folder}/\${from.name}\`, \`/proc/self/fd/\${to.folder}/\${to.name}\`)`,
    },
  ],
  caughtBy: [{ file: 'replica/store/fork/filing.test.ts', name: 'what comes back is a file of its own' }],
}
