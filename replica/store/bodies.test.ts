/** Contents block by block, by digest. */
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { blockDigest, digestOf } from '../../protocol/digest.ts'
import { chunkBytesMax } from '../../protocol/limits.ts'
import { parsePath } from '../../protocol/path.ts'
import { DiskError } from './disk.ts'
import type { OpenBody } from './file-body.ts'
import { MemoryIndex } from './memory-index.ts'
import { openTemporaryStore, type TemporaryStore } from './store.fixture.ts'

const small = parsePath('small.txt')
const large = parsePath('large.bin')
const largeBytes = Buffer.alloc(3.5 * 1024 * 1024, 'a large file, whose blocks differ: ')
const largeDigest = digestOf(largeBytes).digest
const otherDigest = digestOf(Buffer.from('something else')).digest

let temporary: TemporaryStore

beforeEach(async () => {
  temporary = await openTemporaryStore()
  writeFileSync(join(temporary.root, small), 'hello')
  writeFileSync(join(temporary.root, large), largeBytes)
})

afterEach(() => temporary.remove())

const inRoot = (path: string) => join(temporary.root, path)

/** Reads to the end, each block as long as it is valid. */
async function readAll(body: OpenBody): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const block of body.pieces()) parts.push(Buffer.from(block))
  return Buffer.concat(parts)
}

describe('openBody', () => {
  const open = (path = large, digest = largeDigest) => temporary.store.openBody(path, digest)

  test('gives size, block digests, and the blocks in order', async () => {
    const body = await open()
    expect(body.size).toBe(largeBytes.length)
    expect(body.blockDigests).toEqual(digestOf(largeBytes).blockDigests)
    expect((await readAll(body)).equals(largeBytes)).toBe(true)
    body.close()
  })

  test('gives the blocks that are asked for, reads no others, and is CHANGED when the file moved meanwhile', async () => {
    const read = jest.spyOn(temporary.disk, 'readSoon')
    const body = await open()
    read.mockClear()
    const reading = body.pieces([
      { first: 1, count: 1 },
      { first: 3, count: 1 },
    ])
    for (const at of [1, 3]) {
      const { value } = await reading.next()
      expect(blockDigest(value)).toEqual(body.blockDigests.subarray(at * 32, at * 32 + 32))
    }
    expect(read.mock.calls.map(([, , position]) => position / 2 ** 20)).toEqual([1, 3])
    writeFileSync(inRoot(large), 'other')
    await expect(reading.next()).rejects.toMatchObject({ code: 'CHANGED' })
    body.close()
  })

  test('gives a block that is whole as long as the next is not asked for', async () => {
    const body = await open()
    let index = 0
    for await (const block of body.pieces()) {
      await new Promise(setImmediate)
      expect(blockDigest(block)).toEqual(body.blockDigests.subarray(index * 32, ++index * 32))
    }
    expect(index).toBe(4)
    body.close()
  })

  test('gives smaller pieces while many read, so that each holds little', async () => {
    temporary.disk.holdsInMemory = true
    const slow = Array.from({ length: 32 }, () => open())
    const readings = (await Promise.all(slow)).map(body => body.pieces())
    for (const reading of readings) await reading.next()
    const body = await open()
    const pieces: Buffer[] = []
    for await (const piece of body.pieces()) pieces.push(Buffer.from(piece))
    expect(pieces).toHaveLength(Math.ceil(largeBytes.length / chunkBytesMax))
    expect(Buffer.concat(pieces).equals(largeBytes)).toBe(true)
    for (const reading of readings) await reading.return(undefined)
    const other = await open()
    const alone = other.pieces()
    expect((await alone.next()).value).toHaveLength(2 ** 20)
    await alone.return(undefined)
    for (const one of [body, other, ...(await Promise.all(slow))]) one.close()
  })

  test('gives an empty file as no block at all', async () => {
    writeFileSync(inRoot('empty'), '')
    const body = await open(parsePath('empty'), digestOf(Buffer.alloc(0)).digest)
    expect(body).toMatchObject({ size: 0, blockDigests: Buffer.alloc(0) })
    expect(await readAll(body)).toEqual(Buffer.alloc(0))
    body.close()
  })

  test('does not hash again what a look has just hashed, though it is not trusted yet', async () => {
    await temporary.store.look(large, { deep: false })
    const body = await open()
    body.close()
    expect(temporary.hasher.hashed).toBe(1)
  })

  test('hashes again when the digests of the blocks were lost', async () => {
    const index = new MemoryIndex()
    index.digests.putBlockDigests = () => {}
    await temporary.remove()
    temporary = await openTemporaryStore({ openIndex: () => index })
    writeFileSync(inRoot(large), largeBytes)
    await temporary.store.look(large, { deep: false })
    const body = await open()
    expect(temporary.hasher.hashed).toBe(2)
    expect((await readAll(body)).equals(largeBytes)).toBe(true)
    body.close()
  })

  test('hashes again when the file was touched, and finds the content the same', async () => {
    await temporary.store.look(large, { deep: false })
    utimesSync(inRoot(large), 1, 1)
    const body = await open()
    expect(temporary.hasher.hashed).toBe(2)
    expect((await readAll(body)).equals(largeBytes)).toBe(true)
    body.close()
  })

  test('opens several bodies of one file at once', async () => {
    const bodies = await Promise.all([open(), open(), open()])
    for (const bytes of await Promise.all(bodies.map(readAll))) expect(bytes.equals(largeBytes)).toBe(true)
    for (const body of bodies) body.close()
  })

  test('is CHANGED for another content, a folder, or a link in its place', async () => {
    await expect(open(large, otherDigest)).rejects.toMatchObject({ code: 'CHANGED' })
    await expect(open(small, otherDigest)).rejects.toMatchObject({ code: 'CHANGED' })
    mkdirSync(inRoot('folder'))
    await expect(open(parsePath('folder'))).rejects.toMatchObject({ code: 'CHANGED' })
  })

  test('is NOT_FOUND for a file that is gone, IO_ERROR for one that cannot be read', async () => {
    await expect(open(parsePath('gone'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    temporary.disk.openFile = () => {
      throw new DiskError('EACCES', 'open')
    }
    await expect(open()).rejects.toMatchObject({ code: 'IO_ERROR' })
  })

  const changes: Record<string, (name: string) => void> = {
    grows: name => appendFileSync(name, 'more'),
    'is cut': name => truncateSync(name, 1024 * 1024),
    'is overwritten': name => writeFileSync(name, Buffer.alloc(largeBytes.length)),
    'is replaced by another': name => {
      writeFileSync(`${name}.new`, 'other')
      renameSync(`${name}.new`, name)
    },
    'is deleted': name => rmSync(name),
  }

  test.each(Object.keys(changes))('is CHANGED at the end when the file %s meanwhile', async what => {
    const body = await open()
    const blocks = body.pieces()
    await blocks.next()
    changes[what]!(inRoot(large))
    await expect(
      (async () => {
        for await (const _ of blocks);
      })(),
    ).rejects.toMatchObject({ code: 'CHANGED' })
    body.close()
  })

  test('does not wait for the disk where the system holds the file in memory', async () => {
    temporary.disk.holdsInMemory = true
    temporary.disk.readSoon = () => Promise.reject(new DiskError('EIO', 'read'))
    const body = await open()
    expect((await readAll(body)).equals(largeBytes)).toBe(true)
    body.close()
  })

  test('comes whole where the system holds parts of the file in memory', async () => {
    let reads = 0
    const body = await open()
    temporary.disk.readNow = (file, into, position) =>
      ++reads % 3 === 0 ? null : temporary.disk.read(file, into.subarray(0, 300_000), position)
    expect((await readAll(body)).equals(largeBytes)).toBe(true)
    body.close()
  })

  test('is IO_ERROR when the disk fails under the reading', async () => {
    const body = await open()
    temporary.disk.readSoon = () => Promise.reject(new DiskError('EIO', 'read'))
    await expect(readAll(body)).rejects.toMatchObject({ code: 'IO_ERROR' })
    body.close()
  })

  test('keeps a failure of the read ahead until its block is asked for', async () => {
    const rejections: unknown[] = []
    const onRejection = (reason: unknown) => rejections.push(reason)
    process.on('unhandledRejection', onRejection)
    const body = await open()
    const blocks = body.pieces()
    await blocks.next()
    temporary.disk.readSoon = () => Promise.reject(new DiskError('EIO', 'read'))
    await blocks.next()
    await new Promise(resolve => setTimeout(resolve))
    await expect(blocks.next()).rejects.toMatchObject({ code: 'IO_ERROR' })
    process.off('unhandledRejection', onRejection)
    expect(rejections).toEqual([])
    body.close()
  })

  test('may be closed at any time and twice; the file is closed when the read under way has ended', async () => {
    const before = temporary.disk.open.size
    const body = await open()
    for await (const _ of body.pieces()) {
      body.close()
      break
    }
    body.close()
    while (temporary.disk.open.size > before) await new Promise(setImmediate)
  })

  test('that is closed while its next block is asked for ends with an error', async () => {
    const body = await open()
    const blocks = body.pieces()
    await blocks.next()
    await blocks.next()
    body.close()
    await expect(readAllOf(blocks)).rejects.toMatchObject({ code: 'CHANGED' })
  })

  test('reads on after the store is closed', async () => {
    const body = await open()
    await temporary.store.close()
    expect((await readAll(body)).equals(largeBytes)).toBe(true)
    body.close()
  })
})

async function readAllOf(blocks: AsyncGenerator<Buffer>): Promise<void> {
  for await (const _ of blocks);
}
