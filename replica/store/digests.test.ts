/** What a look finds, and when it reads: identity, freshness, deep looks, files that move under the reading. */
import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Copy } from '../../protocol/copies.ts'
import { digestOf } from '../../protocol/digest.ts'
import { type FilePath, parsePath } from '../../protocol/path.ts'
import { smallBytesMax } from './digests.ts'
import { DiskError } from './disk.ts'
import { openLmdbIndex } from './lmdb-index.ts'
import { openTemporaryStore, type TemporaryStore, timers } from './store.fixture.ts'
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
})

afterEach(() => temporary.remove())

const write = (path: string, bytes: string | Buffer) => writeFileSync(join(temporary.root, path), bytes)
const look = (path: FilePath, how: LookHow = shallow) => temporary.store.look(path, how)
const digestOfText = (bytes: string | Buffer) => digestOf(Buffer.from(bytes)).digest

/** How often files were opened for reading while `act` ran. */
async function readsOf(act: () => unknown): Promise<number> {
  const before = temporary.disk.filesOpened
  await act()
  return temporary.disk.filesOpened - before
}

describe('a small file', () => {
  test('is read in the turn in which it is asked for', () => {
    write(small, 'hello')
    chmodSync(join(temporary.root, small), 0o755)
    const { mtimeMs } = statSync(join(temporary.root, small))
    const copy = look(small)
    expect(copy).toEqual({
      is: 'file',
      size: 5,
      mtimeMs: Math.floor(mtimeMs),
      executable: true,
      digest: digestOfText('hello'),
      checkedAtMs: expect.any(Number),
      rotten: false,
    })
  })

  test.each([0, 1, smallBytesMax])('of %d bytes has the digest of its bytes', size => {
    const bytes = Buffer.alloc(size, 'x')
    write(small, bytes)
    expect(look(small)).toMatchObject({ is: 'file', size, digest: digestOfText(bytes) })
  })

  test('that changed less than 60 s ago is read at every look', async () => {
    write(small, 'young')
    temporary.disk.aheadS = 59
    expect(await readsOf(() => [look(small), look(small), look(small)])).toBe(3)
  })

  test('that rested for 60 s of the file system is read once', async () => {
    write(small, 'old')
    temporary.disk.aheadS = 61
    expect(await readsOf(() => [look(small), look(small), look(small)])).toBe(1)
  })

  test('says when its digest was read, not when it was asked for', async () => {
    let nowMs = 1_000
    await temporary.remove()
    temporary = await openTemporaryStore({ clock: { nowMs: () => nowMs, monotonicMs: () => 0 } })
    write(small, 'old')
    temporary.disk.aheadS = 61
    look(small)
    nowMs = 5_000
    expect(look(small)).toMatchObject({ checkedAtMs: 1_000 })
    expect(look(small, deep)).toMatchObject({ checkedAtMs: 5_000 })
  })

  test('is read at every look while the file system takes no writes, since its clock cannot be asked', async () => {
    write(small, 'old')
    temporary.disk.aheadS = 61
    temporary.disk.write = () => {
      throw new DiskError('ENOSPC', 'write')
    }
    expect(await readsOf(() => [look(small), look(small)])).toBe(2)
  })
})

describe('a digest that was trusted', () => {
  const change: Record<string, (name: string) => void> = {
    'other bytes of the same length': name => writeFileSync(name, 'other'),
    'other bytes under the old times, to the nanosecond': name => {
      execFileSync('touch', ['-r', name, join(temporary.root, 'times')])
      writeFileSync(name, 'other')
      execFileSync('touch', ['-r', join(temporary.root, 'times'), name])
    },
    'another file renamed over it': name => {
      writeFileSync(`${name}.new`, 'other')
      renameSync(`${name}.new`, name)
    },
    'a file that was deleted and made anew': name => {
      unlinkSync(name)
      writeFileSync(name, 'other')
    },
  }

  test.each(Object.keys(change))('does not outlive %s', async what => {
    write(small, 'first')
    temporary.disk.aheadS = 61
    expect(look(small)).toMatchObject({ digest: digestOfText('first') })
    change[what]!(join(temporary.root, small))
    expect(look(small)).toMatchObject({ digest: digestOfText('other') })
  })

  test('stays so when a deep look finds the same, though that came too early to be trusted by itself', async () => {
    write(small, 'first')
    temporary.disk.aheadS = 61
    look(small)
    temporary.disk.aheadS = 0
    look(small, deep)
    expect(await readsOf(() => look(small))).toBe(0)
  })

  test('is there after a restart', async () => {
    await temporary.remove()
    const openIndex = (folder: string) => openLmdbIndex({ folder, timers, onFault: console.error })
    temporary = await openTemporaryStore({ openIndex })
    write(small, 'small')
    write(large, largeBytes)
    temporary.disk.aheadS = 61
    const before = await Promise.all([look(small), look(large)])
    await temporary.store.close()
    temporary = await openTemporaryStore({ root: temporary.root, openIndex })
    expect(await readsOf(async () => expect([look(small), look(large)]).toEqual(before))).toBe(0)
    expect(temporary.hasher.hashed).toBe(0)
  })

  test('was not trusted before a restart, is not after it either', async () => {
    await temporary.remove()
    const openIndex = (folder: string) => openLmdbIndex({ folder, timers, onFault: console.error })
    temporary = await openTemporaryStore({ openIndex })
    write(large, largeBytes)
    await look(large)
    await temporary.store.close()
    temporary = await openTemporaryStore({ root: temporary.root, openIndex })
    temporary.disk.aheadS = 61
    await look(large)
    expect(temporary.hasher.hashed).toBe(1)
  })
})

test('a small file that keeps changing is unreadable', () => {
  write(small, 'hello')
  temporary.disk.read = () => {
    appendFileSync(join(temporary.root, small), '!')
    return 0
  }
  expect(look(small)).toEqual({ is: 'unreadable', reason: 'it keeps changing while it is read' })
})

test('what is no file is named, whether deep or not', () => {
  for (const how of [shallow, deep]) {
    expect(look(parsePath('nothing'), how)).toEqual({ is: 'absent' } satisfies Copy)
  }
})
