/** Whole small contents, by digest. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../../protocol/digest.ts'
import { parsePath } from '../../protocol/path.ts'
import { DiskError } from './disk.ts'
import { openTemporaryStore, type TemporaryStore } from './store.fixture.ts'

const small = parsePath('small.txt')
const large = parsePath('large.bin')
const largeBytes = Buffer.alloc(3.5 * 1024 * 1024, 'a large file, whose blocks differ: ')
const largeDigest = digestOf(largeBytes).digest
const otherDigest = digestOf(Buffer.from('something else')).digest

let temporary: TemporaryStore

beforeEach(async () => {
  temporary = await openTemporaryStore()
  writeFileSync(inRoot(small), 'hello')
  writeFileSync(inRoot(large), largeBytes)
})

afterEach(() => temporary.remove())

const inRoot = (path: string) => join(temporary.root, path)

describe('readSmall', () => {
  const { digest, blockDigests } = digestOf(Buffer.from('hello'))
  const read = (path = small, of = digest, bytesMax = 100) => temporary.store.readSmall(path, of, bytesMax)

  test('gives the bytes and the digests of their blocks, with or without a digest that is known', () => {
    const body = { bytes: Buffer.from('hello'), blockDigests }
    expect(read()).toEqual(body)
    temporary.disk.aheadS = 61
    temporary.store.look(small, { deep: false })
    expect(read()).toEqual(body)
  })

  test('gives an empty file', () => {
    writeFileSync(inRoot('empty'), '')
    const { digest } = digestOf(Buffer.alloc(0))
    expect(read(parsePath('empty'), digest)).toEqual({
      bytes: Buffer.alloc(0),
      blockDigests: Buffer.alloc(0),
    })
  })

  test('gives a file of several blocks where the caller allows it', () => {
    const body = read(large, largeDigest, largeBytes.length)
    expect(body?.bytes.equals(largeBytes)).toBe(true)
    expect(body?.blockDigests).toEqual(digestOf(largeBytes).blockDigests)
  })

  test('gives nothing that is longer than the caller allows, not even what it has in memory', () => {
    expect(read(small, digest, 4)).toBeNull()
    expect(read(small, digest, 5)).not.toBeNull()
    expect(read(small, digest, 4)).toBeNull()
  })

  test('gives nothing for another digest, a missing file, a folder, a file that cannot be read', () => {
    mkdirSync(inRoot('folder'))
    expect(read(small, otherDigest)).toBeNull()
    expect(read(parsePath('missing'))).toBeNull()
    expect(read(parsePath('folder'))).toBeNull()
    temporary.disk.read = () => {
      throw new DiskError('EIO', 'read')
    }
    expect(read()).toBeNull()
  })

  test('gives nothing when the bytes are not what the trusted digest says', () => {
    temporary.disk.aheadS = 61
    temporary.store.look(small, { deep: false })
    const honest = temporary.disk.read
    temporary.disk.read = (file, into, position) => {
      const bytes = honest.call(temporary.disk, file, into, position)
      if (bytes > 0) into[0] = into[0]! ^ 1
      return bytes
    }
    expect(read()).toBeNull()
  })
})
