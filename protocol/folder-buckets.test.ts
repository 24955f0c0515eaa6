import fc from 'fast-check'
import { folder, path } from '../fixtures/arbitrary-fields.ts'
import { FolderBuckets } from './folder-buckets.ts'
import { escapedPath } from './listed-path.ts'
import { childPath } from './path.ts'
import { bucketOf, bucketOfListed } from './tree-sum.ts'

test('a name falls into the bucket of its whole path', () => {
  fc.assert(
    fc.property(folder, path, (folder, name) => {
      const child = childPath(folder, name.replaceAll('/', '-'))
      fc.pre(child !== null)
      const bytes = Buffer.from(`..${name.replaceAll('/', '-')}..`)
      expect(new FolderBuckets(folder).bucketOf(bytes, 2, bytes.length - 2)).toBe(bucketOf(child!))
    }),
    { numRuns: 2_000 },
  )
})

test('a name that no path can be falls where the bytes of its path on the disk do', () => {
  const name = fc.uint8Array({ minLength: 1, maxLength: 40, min: 1 }).filter(bytes => !bytes.includes(0x2f))
  fc.assert(
    fc.property(folder, name, (folder, name) => {
      const listed = { escaped: true, path: escapedPath(folder, name) } as const
      expect(bucketOfListed(listed)).toBe(new FolderBuckets(folder).bucketOf(name, 0, name.length))
    }),
    { numRuns: 2_000 },
  )
})
