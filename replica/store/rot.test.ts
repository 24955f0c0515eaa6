/** Bytes that change though nothing changes the file: found by a reading, known from then on, never taken for right. */
import { appendFileSync, chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Copy } from '../../protocol/copies.ts'
import { type Digest, digestOf } from '../../protocol/digest.ts'
import { at, put, settle, staged } from './changes.fixture.ts'
import { recordOf } from './digest-index.suite.ts'
import { openLmdbIndex } from './lmdb-index.ts'
import { afterReading, rightDigestOf } from './rot.ts'
import { openTemporaryStore, type TemporaryStore, timers } from './store.fixture.ts'

const openIndex = (folder: string) => openLmdbIndex({ folder, timers, onFault: console.error })
const large = Buffer.alloc(2.5 * 1024 * 1024, 'large')
const contents: Record<string, Buffer> = { small: Buffer.from('hello'), large }
const digest = (bytes: Buffer): Digest => digestOf(bytes).digest
/** As the disk gives it when its byte `at` has rotted. */
const spoilt = (bytes: Buffer, at = 0): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 1
  return copy
}

let temporary: TemporaryStore

beforeEach(async () => {
  temporary = await openTemporaryStore({ openIndex })
})

afterEach(() => temporary.remove())

const nameOf = (path: string) => join(temporary.root, path)
const look = async (path: string, deep = false): Promise<Copy> => temporary.store.look(at(path), { deep })

async function restart(): Promise<void> {
  await temporary.store.close()
  temporary = await openTemporaryStore({ openIndex, root: temporary.root, disk: temporary.disk })
}

/** A file of somebody's, whose digest is trusted. */
async function trusted(path: string): Promise<Buffer> {
  const bytes = contents[path]!
  writeFileSync(nameOf(path), bytes)
  temporary.disk.aheadS = 61
  await look(path)
  return bytes
}

describe.each(Object.keys(contents))('a %s file that rots', path => {
  test('is found by a deep look, and not before', async () => {
    const bytes = await trusted(path)
    temporary.disk.rot(nameOf(path))
    expect(await look(path)).toMatchObject({ digest: digest(bytes), rotten: false })
    expect(await look(path, true)).toMatchObject({ digest: digest(spoilt(bytes)), rotten: true })
  })

  test('is known to be rotten from then on, however it is read and though the store starts again', async () => {
    const bytes = await trusted(path)
    temporary.disk.rot(nameOf(path))
    await look(path, true)
    for (const deep of [false, true, false]) {
      expect(await look(path, deep)).toMatchObject({ digest: digest(spoilt(bytes)), rotten: true })
      await restart()
    }
  })

  test('stays so when it rots on', async () => {
    const bytes = await trusted(path)
    temporary.disk.rot(nameOf(path))
    await look(path, true)
    temporary.disk.rot(nameOf(path), 3)
    expect(await look(path, true)).toMatchObject({ digest: digest(spoilt(bytes, 3)), rotten: true })
  })

  test('is sound again when its bytes are right again, and trusted', async () => {
    const bytes = await trusted(path)
    temporary.disk.rot(nameOf(path))
    await look(path, true)
    temporary.disk.heal(nameOf(path))
    expect(await look(path, true)).toMatchObject({ digest: digest(bytes), rotten: false })
    const { filesOpened } = temporary.disk
    expect(await look(path)).toMatchObject({ digest: digest(bytes), rotten: false })
    expect(temporary.disk.filesOpened).toBe(filesOpened)
  })

  test('is an edited file when it changes in earnest', async () => {
    await trusted(path)
    temporary.disk.rot(nameOf(path))
    await look(path, true)
    appendFileSync(nameOf(path), '!')
    expect(await look(path)).toMatchObject({ rotten: false })
  })

  test('that we made is found at once, long before a reading of it would be trusted', async () => {
    const bytes = contents[path]!
    const stage = await staged(temporary.store, 1, bytes)
    await settle(temporary.store, put(path, bytes, { stage }))
    temporary.disk.rot(nameOf(path))
    expect(await look(path, true)).toMatchObject({ digest: digest(spoilt(bytes)), rotten: true })
    expect(await look(path)).toMatchObject({ digest: digest(spoilt(bytes)), rotten: true })
    await restart()
    expect(await look(path)).toMatchObject({ digest: digest(spoilt(bytes)), rotten: true })
  })

  test('gives its bytes as what they are, and not as what they were', async () => {
    const bytes = await trusted(path)
    temporary.disk.rot(nameOf(path))
    await look(path, true)
    await expect(temporary.store.openBody(at(path), digest(bytes))).rejects.toMatchObject({ code: 'CHANGED' })
    const body = await temporary.store.openBody(at(path), digest(spoilt(bytes)))
    const blocks: Buffer[] = []
    for await (const block of body.pieces()) blocks.push(Buffer.from(block))
    body.close()
    expect(Buffer.concat(blocks)).toEqual(spoilt(bytes))
  })
})

test('what was never trusted has not rotted when its bytes are others', async () => {
  writeFileSync(nameOf('small'), 'hello')
  temporary.disk.rot(nameOf('small'))
  await look('small')
  temporary.disk.heal(nameOf('small'))
  expect(await look('small', true)).toMatchObject({ digest: digest(contents.small!), rotten: false })
})

test('a change of mode is a change of the file', async () => {
  await trusted('small')
  temporary.disk.rot(nameOf('small'))
  chmodSync(nameOf('small'), 0o600)
  expect(await look('small')).toMatchObject({ rotten: false })
})

describe('what is remembered after a reading', () => {
  const trustedRecord = recordOf('one')
  const provisional = {
    ...trustedRecord,
    identity: { ...trustedRecord.identity, ctimeNs: trustedRecord.beganNs },
  }
  const other = digest(Buffer.from('other'))

  test('is the reading where nothing was known, or the file is another one', () => {
    expect(afterReading(null, trustedRecord)).toBe(trustedRecord)
    const moved = { ...trustedRecord, identity: { ...trustedRecord.identity, inode: 5n } }
    expect(afterReading(trustedRecord, moved)).toBe(moved)
  })

  test('is the reading where the digest before was provisional', () => {
    const reading = { ...provisional, digest: other }
    expect(afterReading(provisional, reading)).toBe(reading)
  })

  test('has the digest that was right where it was trusted, whatever the readings find from then on', () => {
    const first = afterReading(trustedRecord, { ...trustedRecord, digest: other })
    expect(first).toMatchObject({ digest: other, rottenFrom: trustedRecord.digest })
    const second = afterReading(first, { ...trustedRecord, digest: digest(large) })
    expect(second).toMatchObject({ digest: digest(large), rottenFrom: trustedRecord.digest })
    expect(rightDigestOf(second)).toBe(trustedRecord.digest)
  })

  test('is trusted where the reading confirms it', () => {
    const own = { ...provisional, own: true }
    expect(afterReading(own, { ...provisional, checkedAtMs: 9 })).toEqual({ ...own, checkedAtMs: 9 })
  })
})
