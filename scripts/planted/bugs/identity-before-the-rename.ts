import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What is remembered of a file is its identity from before it came into place.',
  edits: [
    {
      file: 'replica/store/install/put-file.ts',
      find: `      file.moveNew(site)
`,
      put: `      this.remember(file)
      file.moveNew(site)
`,
    },
    {
      file: 'replica/store/install/put-file.ts',
      find: `    this.remember(file)
    return true`,
      put: '    return true',
    },
    {
      file: 'replica/store/install/put-file.ts',
      find: '      ground.disk.exchange(',
      put: `      this.remember(file)
      ground.disk.exchange(`,
    },
    {
      file: 'replica/store/install/put-file.ts',
      find: `    this.remember(file)
    const out`,
      put: '    const out',
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/install-order.test.ts',
      name: 'the identity of a file that was put is the one that it has in place',
    },
  ],
}
