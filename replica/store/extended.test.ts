import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../../protocol/digest.ts'
import type { StageId } from '../../protocol/ids.ts'
import { blockBytes } from '../../protocol/limits.ts'
import { parsePath } from '../../protocol/path.ts'
import { openTemporaryStore, type TemporaryStore } from './store.fixture.ts'

const path = parsePath('file')
let temporary: TemporaryStore

beforeEach(async () => {
  temporary = await openTemporaryStore()
})

afterEach(() => temporary.remove())

const bytesOf = (length: number, what: string): Buffer => Buffer.alloc(length, what)
const write = (bytes: Buffer) => writeFileSync(join(temporary.root, path), bytes)
const extendedBy = (base: Buffer, ...added: Buffer[]) =>
  temporary.store.extended({
    path,
    base: digestOf(base).digest,
    added,
    addedBytes: added.reduce((sum, { length }) => sum + length, 0),
  })

test.each([
  ['nothing by nothing', 0, []],
  ['nothing by a few bytes', 0, [5]],
  ['nothing by a block', 0, [blockBytes]],
  ['a few bytes by a few', 5, [3, 4]],
  ['a few bytes to a whole block', 5, [blockBytes - 5]],
  ['a few bytes over the end of a block', 5, [blockBytes]],
  ['a whole block by one byte', blockBytes, [1]],
  ['a whole block by nothing', blockBytes, []],
  ['two blocks and a half by more than a block, in pieces', 2.5 * blockBytes, [blockBytes, 7, blockBytes]],
])('a file of %s has the digest of its whole content', async (_, length, added) => {
  const base = bytesOf(length, 'what was there')
  const pieces = added.map(bytes => bytesOf(bytes, 'what comes'))
  write(base)
  const all = Buffer.concat([base, ...pieces])
  expect(await extendedBy(base, ...pieces)).toEqual({ size: all.length, digest: digestOf(all).digest })
})

test('a file that was looked at before is read from its last block on', async () => {
  const base = bytesOf(3.5 * blockBytes, 'what was there')
  write(base)
  temporary.disk.aheadS = 120
  await temporary.store.look(path, { deep: false })
  const { hashed } = temporary.hasher
  const all = Buffer.concat([base, bytesOf(3, 'x')])
  expect((await extendedBy(base, bytesOf(3, 'x'))).digest).toBe(digestOf(all).digest)
  expect(temporary.hasher.hashed).toBe(hashed)
})

test('a file that is something else by now is refused', async () => {
  const base = bytesOf(100, 'what was there')
  write(base)
  await temporary.store.look(path, { deep: false })
  appendFileSync(join(temporary.root, path), 'more')
  await expect(extendedBy(base, bytesOf(3, 'x'))).rejects.toMatchObject({ code: 'CHANGED' })
})

test('a file that is not there is refused', async () => {
  await expect(extendedBy(bytesOf(1, 'x'))).rejects.toMatchObject({ code: 'CHANGED' })
})

test('bytes that were staged are added in their order', async () => {
  const base = bytesOf(5, 'base')
  const added = bytesOf(600_000, 'what was staged before')
  write(base)
  const id = 'c'.repeat(32) as StageId
  const stage = temporary.store.stages.open(id)
  await stage.write(added)
  await stage.seal()
  const { digest: found } = await temporary.store.extended({
    path,
    base: digestOf(base).digest,
    added: temporary.store.stagedPieces(id),
    addedBytes: added.length,
  })
  expect(found).toBe(digestOf(Buffer.concat([base, added])).digest)
})

test('more bytes than were said are never taken for part of it', async () => {
  const base = bytesOf(5, 'base')
  write(base)
  const extension = { path, base: digestOf(base).digest, added: [bytesOf(3, 'x')], addedBytes: 2 }
  await expect(temporary.store.extended(extension)).rejects.toThrow('more than the 2 bytes')
})

test('a stage that is empty by then adds nothing', () => {
  const pieces = temporary.store.stagedPieces('d'.repeat(32) as StageId)
  expect([...pieces]).toEqual([])
})

test.each([
  ['the only block', 100],
  ['the last block', 2 * blockBytes + 100],
])('nothing is built on a file of which %s has rotted', async (_, length) => {
  const base = bytesOf(length, 'what was there')
  write(base)
  temporary.disk.aheadS = 120
  await temporary.store.look(path, { deep: false })
  temporary.disk.rot(join(temporary.root, path), length - 1)
  await expect(extendedBy(base, bytesOf(3, 'x'))).rejects.toMatchObject({ code: 'CHANGED' })
  expect(await temporary.store.look(path, { deep: false })).toMatchObject({ rotten: true })
})
