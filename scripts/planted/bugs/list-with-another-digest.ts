import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Block digests are believed that are not those of the verdict.',
  edits: [
    {
      file: 'protocol/body-receiver.ts',
      find: 'if (this.digestsHeld === this.digests.length) this.assertDigest()',
      put: '',
    },
  ],
  caughtBy: [{ file: 'protocol/body-receiver.test.ts', name: 'block digests of another content' }],
}
