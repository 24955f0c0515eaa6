/** Large files: hashed aside, once however many ask, and again when they move meanwhile. */
import { appendFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../../protocol/digest.ts'
import { fileBytesMax } from '../../protocol/limits.ts'
import { type FilePath, parsePath } from '../../protocol/path.ts'
import { DiskError } from './disk.ts'
import { openTemporaryStore, type TemporaryStore } from './store.fixture.ts'
import type { Store } from './store.ts'

type LookHow = Parameters<Store['look']>[1]

const shallow = { deep: false }
const deep = { deep: true }
const small = parsePath('small.txt')
const large = parsePath('large.bin')
const largeBytes = Buffer.alloc(2.5 * 1024 * 1024, 'large')

let temporary: TemporaryStore

beforeEach(async () => {
  temporary = await openTemporaryStore()
  write(large, largeBytes)
})

afterEach(() => temporary.remove())

const write = (path: string, bytes: string | Buffer) => writeFileSync(join(temporary.root, path), bytes)
const look = (path: FilePath, how: LookHow = shallow) => temporary.store.look(path, how)
const digestOfText = (bytes: string | Buffer) => digestOf(Buffer.from(bytes)).digest

test('a file beyond 1 TiB is not read', () => {
  truncateSync(join(temporary.root, large), fileBytesMax + 1)
  expect(look(large)).toEqual({ is: 'unreadable', reason: 'it is larger than 1 TiB' })
  expect(temporary.hasher.hashed).toBe(0)
})

describe('a large file', () => {
  test('is hashed once however many ask, and all hear of the progress', async () => {
    const heard = new Map<number, number>()
    const lookers = [1, 2, 3].map(looker =>
      look(large, { deep: false, onProgress: (done: number) => heard.set(looker, done) }),
    )
    const copies = await Promise.all(lookers)
    expect(temporary.hasher.hashed).toBe(1)
    for (const copy of copies) expect(copy).toMatchObject({ digest: digestOfText(largeBytes) })
    expect([...heard.values()]).toEqual([largeBytes.length, largeBytes.length, largeBytes.length])
  })

  test('whose digest is trusted answers in the same turn', async () => {
    temporary.disk.aheadS = 61
    const copy = await look(large)
    expect(look(large)).toEqual(copy)
  })

  test('that is looked at deeply while it is hashed is hashed again', async () => {
    await Promise.all([look(large), look(large, deep), look(large, deep)])
    expect(temporary.hasher.hashed).toBe(2)
  })

  test('leaves other files their turn while it is hashed', async () => {
    write(small, 'hello')
    let isHashed = false
    const hashing = Promise.resolve(look(large)).then(() => {
      isHashed = true
    })
    await new Promise(setImmediate)
    expect(look(small)).toMatchObject({ is: 'file' })
    expect(isHashed).toBe(false)
    await hashing
  })

  test('that changes while it is hashed is hashed again', async () => {
    temporary.hasher.before = () => {
      temporary.hasher.before = () => {}
      appendFileSync(join(temporary.root, large), 'more')
    }
    expect(await look(large)).toMatchObject({
      digest: digestOfText(Buffer.concat([largeBytes, Buffer.from('more')])),
    })
    expect(temporary.hasher.hashed).toBe(2)
  })

  test('that shrinks to a small one while it is hashed is hashed again', async () => {
    temporary.hasher.before = () => {
      temporary.hasher.before = () => {}
      truncateSync(join(temporary.root, large), 10)
    }
    expect(await look(large)).toMatchObject({ size: 10, digest: digestOfText(largeBytes.subarray(0, 10)) })
  })

  test('that keeps changing is unreadable, and says so, after three tries', async () => {
    temporary.hasher.before = () => appendFileSync(join(temporary.root, large), 'more')
    expect(await look(large)).toEqual({ is: 'unreadable', reason: 'it keeps changing while it is read' })
    expect(temporary.hasher.hashed).toBe(3)
  })

  test('that vanishes while it is hashed is absent', async () => {
    temporary.hasher.before = () => rmSync(join(temporary.root, large))
    expect(await look(large)).toEqual({ is: 'absent' })
  })

  test('that the disk cannot read is unreadable', async () => {
    temporary.hasher.before = () => {
      throw new DiskError('EIO', 'read')
    }
    expect(await look(large)).toEqual({ is: 'unreadable', reason: 'the disk failed to read it (EIO)' })
  })
})
