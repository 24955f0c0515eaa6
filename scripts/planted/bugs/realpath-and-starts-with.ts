import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A path is checked by its name and opened afterwards.',
  edits: [
    {
      file: 'replica/store/linux-disk.ts',
      find: '    if (path.length * 3 <= nameBytesMax',
      put: `    const base = fs.realpathSync.native(\`/proc/self/fd/\${folder}\`)
    const name = \`\${base}/\${path}\`
    const parent = asked('realpath', () => fs.realpathSync.native(name.slice(0, name.lastIndexOf('/'))))
    if (!\`\${parent}/\`.startsWith(\`\${base}/\`)) throw new DiskError('ELOOP', 'realpath')
    const flags = as === 'folder' ? O_RDONLY | O_DIRECTORY : O_PATH | O_NOFOLLOW
    if (this.calls) return asked('open', () => fs.openSync(name, flags) as Fd)
    if (path.length * 3 <= nameBytesMax`,
    },
  ],
  caughtBy: [
    { file: 'replica/store/race.test.ts', name: 'the store never reads outside the root' },
    { file: 'coordinator/races.cluster.test.ts', name: 'while a process swaps folder and link without end' },
  ],
}
