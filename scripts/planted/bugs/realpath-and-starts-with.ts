import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A path is checked by its name and opened afterwards.',
  edits: [
    {
      file: 'replica/store/open-beneath.ts',
      find: "import type { Fd } from './disk.ts'",
      put: `import { DiskError, type Fd } from './disk.ts'

function asked<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw DiskError.withoutTrace((error as NodeJS.ErrnoException).code!, 'open')
  }
}`,
    },
    {
      file: 'replica/store/open-beneath.ts',
      find: '  if (path.length * 3 <= nameBytesMax',
      put: `    const base = fs.realpathSync.native(\`/proc/self/fd/\${folder}\`)
    const name = \`\${base}/\${path}\`
    const parent = asked(() => fs.realpathSync.native(name.slice(0, name.lastIndexOf('/'))))
    if (!\`\${parent}/\`.startsWith(\`\${base}/\`)) throw DiskError.withoutTrace('ELOOP', 'open')
    const flags = as === 'folder' ? O_RDONLY | O_DIRECTORY : O_PATH | O_NOFOLLOW
    if (flags > 0) return asked(() => fs.openSync(name, flags) as Fd)
    if (path.length * 3 <= nameBytesMax`,
    },
  ],
  caughtBy: [
    { file: 'replica/store/race.test.ts', name: 'the store never reads outside the root' },
    { file: 'coordinator/races.cluster.test.ts', name: 'while a process swaps folder and link without end' },
  ],
}
