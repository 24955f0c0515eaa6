import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A digest is given for a file that was changed since.',
  edits: [
    {
      file: 'replica/store/digest-record.ts',
      find: `    bytes.readBigInt64LE(30) === identity.ctimeNs &&
`,
      put: ``,
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/lmdb-index.test.ts',
      name: 'is not given after it is on the disk for another identity',
    },
  ],
}
