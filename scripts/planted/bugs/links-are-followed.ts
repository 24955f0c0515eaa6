import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'What lies behind a link is opened as if it lay in the tree.',
  edits: [
    {
      file: 'replica/store/open-beneath.ts',
      find: 'how.writeBigUInt64LE(BigInt(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV), 16)',
      put: '',
    },
  ],
  caughtBy: [
    {
      file: 'coordinator/races.cluster.test.ts',
      name: 'a folder that becomes a link at any moment of a put',
    },
    {
      file: 'coordinator/races.cluster.test.ts',
      name: 'a folder that becomes a link at any moment of a read',
    },
  ],
}
