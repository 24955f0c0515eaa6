/** The log of changes for people: a line for each that is settled, whatever happens to the file; none twice. */
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClientId } from '../../protocol/ids.ts'
import { parsePath } from '../../protocol/path.ts'
import type { Change } from '../../protocol/record.ts'
import { append, digest, epoch, firstMs, mkdir, put, remove, rename, settle } from './changes.fixture.ts'
import { DiskError } from './disk.ts'
import { openTemporaryStore, temporaryFolder, WatchedDisk } from './store.fixture.ts'

let root: string

beforeEach(() => {
  root = temporaryFolder()
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

const file = () => join(root, '.concur/log.json')
const text = () => (existsSync(file()) ? readFileSync(file(), 'utf8') : '')
const lines = () =>
  text()
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as { seq: number; type: string })
const seqs = () => lines().map(({ seq }) => seq)

const numbered = (count: number, from = 1) =>
  Array.from({ length: count }, (_, i) => put(`file ${from + i}`, `content ${from + i}`))

test('each change of the tree has a line with what is to be known of it', async () => {
  const { store } = await openTemporaryStore({ root })
  await settle(store, put('a', 'one'), append('a', 'one', '!'), rename('a', 'b', { base: 'one!' }))
  await settle(store, remove('b', { base: 'one!' }), mkdir('f'))
  await store.close()
  const line = (seq: number, rest: object) => ({
    epoch: epoch.number,
    seq,
    time: new Date(firstMs + seq * 1000).toISOString(),
    client: null,
    from: null,
    size: null,
    digest: null,
    ...rest,
  })
  expect(lines()).toEqual([
    line(1, { type: 'put', path: 'a', size: 3, digest: digest('one') }),
    line(2, { type: 'append', path: 'a', size: 4, digest: digest('one!') }),
    line(3, { type: 'rename', path: 'b', from: 'a' }),
    line(4, { type: 'delete', path: 'b' }),
    line(5, { type: 'mkdir', path: 'f' }),
  ])
})

test('who gets or loses a lock has a line; that it is said anew has none', async () => {
  const { store } = await openTemporaryStore({ root })
  const lockedPath = parsePath('a')
  const lock: Change = {
    ...{ type: 'lock', lockedPath, holder: 'ann@laptop' as ClientId },
    ...{ ttlMs: 1_000, token: 5, sinceMs: 5, from: 'x' },
  }
  const unlock: Change = { type: 'unlock', lockedPath, token: 5, how: 'expired', from: 'x' }
  await settle(store, { change: lock, body: null }, { change: unlock, body: null })
  await store.close()
  const nothing = { from: null, size: null, digest: null }
  expect(lines()).toMatchObject([
    { seq: 2, client: null, type: 'unlock', path: 'a', ...nothing, token: 5, how: 'expired', peer: 'x' },
  ])
})

test('what is no change of the tree, and what was abandoned, has none', async () => {
  const { store } = await openTemporaryStore({ root })
  const abandon: Change = { type: 'abandoned', abandonedSeq: 2, reason: 'too few nodes' }
  const begin: Change = { type: 'begin', members: [] }
  await settle(
    store,
    { change: begin, body: null },
    put('never', 'x'),
    { change: abandon, body: null },
    put('a', 'x'),
  )
  await store.close()
  expect(seqs()).toEqual([4])
  rmSync(file())
  const again = await openTemporaryStore({ root })
  await again.store.close()
  expect(seqs()).toEqual([4])
})

test('a torn last line is cut and made again, and so are lines that are missing', async () => {
  const { store } = await openTemporaryStore({ root })
  await settle(store, ...numbered(4))
  await store.close()
  const whole = text()
  for (const length of [whole.length - 1, whole.length - 100, whole.indexOf('\n') + 5, 10, 0]) {
    truncateSync(file(), length)
    const again = await openTemporaryStore({ root })
    await again.store.close()
    expect(text()).toBe(whole)
  }
})

test('what somebody wrote behind the last line is cut', async () => {
  const { store } = await openTemporaryStore({ root })
  await settle(store, ...numbered(2))
  await store.close()
  const whole = text()
  writeFileSync(file(), `${whole}no line of ours\n`)
  const again = await openTemporaryStore({ root })
  await settle(again.store, ...numbered(1, 3))
  await again.store.close()
  expect(seqs()).toEqual([1, 2, 3])
})

test('lines that could not be written hold up no change, and come once they can be', async () => {
  const disk = new WatchedDisk()
  const write = disk.write.bind(disk)
  let isRefused = true
  disk.write = (fd, bytes, position) => {
    if (isRefused && Buffer.from(bytes).toString().startsWith('{"epoch')) {
      write(fd, bytes.subarray(0, 10), position)
      throw new DiskError('ENOSPC', 'pwrite')
    }
    write(fd, bytes, position)
  }
  const { store } = await openTemporaryStore({ root, disk })
  await settle(store, ...numbered(2))
  await store.flush()
  expect([store.settler.settledSeq, text()]).toEqual([2, ''])
  await settle(store, ...numbered(1, 3))
  isRefused = false
  await store.flush()
  expect(seqs()).toEqual([1, 2, 3])
  await settle(store, ...numbered(1, 4))
  await store.close()
  expect(seqs()).toEqual([1, 2, 3, 4])
})
