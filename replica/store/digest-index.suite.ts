/** What every index must do. */
import { blockDigest, digestOf } from '../../protocol/digest.ts'
import { blockBytes } from '../../protocol/limits.ts'
import { type FilePath, parsePath } from '../../protocol/path.ts'
import type { DigestIndex, DigestRecord } from './digest-index.ts'
import type { Index } from './index.ts'

/** @returns the record of a reading of `content`. */
export function recordOf(content: string | Buffer): DigestRecord {
  const bytes = Buffer.from(content)
  return {
    identity: {
      inode: 2n ** 63n + 5n,
      size: bytes.length,
      mtimeNs: 1_700_000_000_123_456_789n,
      ctimeNs: -1_500_000_000n,
    },
    digest: digestOf(bytes).digest,
    blockDigest: bytes.length > 0 && bytes.length <= blockBytes ? blockDigest(bytes) : null,
    beganNs: 1_700_000_060_000_000_001n,
    checkedAtMs: 1_700_000_060_000,
    own: false,
    rottenFrom: null,
  }
}

const path = parsePath('folder/ä file.txt')
const large = Buffer.alloc(blockBytes + 1, 1)
const longPath = Array.from({ length: 16 }, () => 'p'.repeat(250)).join('/') as FilePath

/** Runs the suite. `open` gives a new, empty index; `close` removes it. */
export function describeIndex(open: () => Index, close: (index: Index) => Promise<void>): void {
  let opened: Index
  let index: DigestIndex

  beforeEach(() => {
    opened = open()
    index = opened.digests
  })

  afterEach(() => close(opened))

  test('a path that was never put has no record', () => {
    expect(index.get(path)).toBeNull()
  })

  test('a record is seen at once, and after it is on the disk', async () => {
    index.put(path, recordOf('one'))
    expect(index.get(path)).toEqual(recordOf('one'))
    await index.flush()
    expect(index.get(path)).toEqual(recordOf('one'))
  })

  test('the record put last is the one that stands', async () => {
    index.put(path, recordOf('one'))
    index.put(path, recordOf(''))
    expect(index.get(path)).toEqual(recordOf(''))
    await index.flush()
    expect(index.get(path)).toEqual(recordOf(''))
  })

  test('a deleted record is gone at once, and stays so', async () => {
    index.put(path, recordOf('one'))
    await index.flush()
    index.delete(path)
    expect(index.get(path)).toBeNull()
    await index.flush()
    expect(index.get(path)).toBeNull()
    index.delete(path)
  })

  describe('a trusted digest alone', () => {
    const { identity, digest, beganNs } = recordOf('one')
    const written: [string, () => Promise<void>][] = [
      ['at once', async () => {}],
      ['after it is on the disk', () => index.flush()],
      ['after it was asked for', async () => void index.get(path)],
    ]

    test.each(written)('is given %s, for the identity that it was put with', async (_, settle) => {
      index.put(path, recordOf('one'))
      await settle()
      expect(index.trustedDigest(path, identity)).toBe(digest)
    })

    test.each(written)('is not given %s for another identity', async (_, settle) => {
      index.put(path, recordOf('one'))
      await settle()
      for (const other of [
        { inode: identity.inode + 1n },
        { size: identity.size + 1 },
        { mtimeNs: identity.mtimeNs + 1n },
        { ctimeNs: identity.ctimeNs - 1n },
      ])
        expect(index.trustedDigest(path, { ...identity, ...other })).toBeNull()
    })

    test.each(written)(
      'is not given %s while it is provisional, unless we made the file',
      async (_, settle) => {
        const young = { ...recordOf('one'), identity: { ...identity, ctimeNs: beganNs - 1n } }
        index.put(path, young)
        await settle()
        expect(index.trustedDigest(path, young.identity)).toBeNull()
        index.put(path, { ...young, own: true })
        await settle()
        expect(index.trustedDigest(path, young.identity)).toBe(digest)
      },
    )

    test('is none of a path that was never put, or was deleted', async () => {
      expect(index.trustedDigest(path, identity)).toBeNull()
      index.put(path, recordOf('one'))
      await index.flush()
      index.delete(path)
      expect(index.trustedDigest(path, identity)).toBeNull()
    })
  })

  test('paths are told apart: long ones too, which differ in their last byte only', async () => {
    const paths = ['a', 'a/b', 'A', longPath, `${longPath}x` as FilePath] as FilePath[]
    for (const [i, path] of paths.entries()) index.put(path, recordOf(`content ${i}`))
    await index.flush()
    for (const [i, path] of paths.entries()) expect(index.get(path)).toEqual(recordOf(`content ${i}`))
    expect(index.get(`${longPath}y` as FilePath)).toBeNull()
  })

  test('block digests are kept by content', async () => {
    const { digest, blockDigests } = digestOf(large)
    expect(index.blockDigests(digest)).toBeNull()
    index.putBlockDigests(digest, blockDigests)
    expect(index.blockDigests(digest)).toEqual(blockDigests)
    await index.flush()
    expect(index.blockDigests(digest)).toEqual(blockDigests)
  })

  test.each(['put', 'delete'] as const)('the block digests of the content before go with a %s', async act => {
    const { digest, blockDigests } = digestOf(large)
    index.put(path, recordOf(large))
    index.putBlockDigests(digest, blockDigests)
    await index.flush()
    index.put(path, recordOf(large))
    expect(index.blockDigests(digest)).toEqual(blockDigests)
    if (act === 'put') index.put(path, recordOf('something else'))
    else index.delete(path)
    expect(index.blockDigests(digest)).toBeNull()
    await index.flush()
    expect(index.blockDigests(digest)).toBeNull()
  })
}
