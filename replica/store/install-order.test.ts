/** The order of steps on which safety and speed rest: each of these tests has an order that it turns red for. */
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  append,
  at,
  commitAll,
  digest,
  historyOf,
  journalOnly,
  type Ordered,
  ownFiles,
  put,
  settle,
  staged,
  stageId,
  treeOf,
} from './changes.fixture.ts'
import { CrashDisk } from './crash.fixture.ts'
import type { Fd } from './disk.ts'
import { noTimers, openTemporaryStore, temporaryFolder, WatchedDisk } from './store.fixture.ts'

const large = 'large '.repeat(20_000)

test('a staged file is on the disk, bytes and name, when it is sealed: before its record', async () => {
  const root = temporaryFolder()
  const disk = new CrashDisk()
  const flushed: string[] = []
  const flushSoon = disk.flushSoon
  const names = new Map<Fd, string>()
  const openOwn = disk.openOwn.bind(disk)
  disk.openOwn = (folder, name) => {
    const fd = openOwn(folder, name)
    names.set(fd, name)
    return fd
  }
  disk.flushSoon = (fd: Fd) => {
    flushed.push(names.get(fd) ?? 'a folder')
    return flushSoon.call(disk, fd)
  }
  const { store } = await openTemporaryStore({ root, disk, timers: noTimers })
  flushed.length = 0
  await staged(store, 1, large)
  expect(flushed).toEqual([stageId(1), 'a folder'])
  await journalOnly(store, put('a', large, { stage: stageId(1) }))
  disk.abandon()
  disk.losePower(root)
  expect(readFileSync(join(root, '.concur/staging', stageId(1)), 'utf8')).toBe(large)
  const after = await openTemporaryStore({ root, bootId: 'another start' })
  await commitAll(after.store)
  expect(treeOf(root)).toEqual({ a: large })
  await after.remove()
})

/** Settles all, and takes what was not flushed: no checkpoint has been there. */
async function settledAndLost(
  prepare: (root: string) => void,
  ...[first, ...rest]: Ordered[]
): Promise<string> {
  const root = temporaryFolder()
  const disk = new CrashDisk()
  const { store } = await openTemporaryStore({ root, disk, timers: noTimers })
  await settle(store, first!)
  await store.flush()
  prepare(root)
  await settle(store, ...rest)
  disk.abandon()
  disk.losePower(root)
  return root
}

test('a copy that gets an append is on the disk before it is exchanged in: the journal has only what was added', async () => {
  const root = await settledAndLost(
    root => linkSync(join(root, 'a'), join(root, 'b')),
    put('a', 'one'),
    append('a', 'one', ' and more'),
  )
  expect(treeOf(root)).toEqual({ a: 'one and more', b: 'one' })
  rmSync(root, { recursive: true })
})

test('a result that is kept back is on the disk in history', async () => {
  const root = await settledAndLost(
    root => writeFileSync(join(root, 'a'), 'edited'),
    put('a', 'one'),
    put('a', 'two', { base: 'one' }),
  )
  expect(historyOf(root)).toEqual({ '2/a': 'two' })
  rmSync(root, { recursive: true })
})

test('the identity of a file that was put is the one that it has in place: nobody reads it again', async () => {
  const { store, root, disk, hasher, remove } = await openTemporaryStore()
  await settle(store, put('new', 'one'), put('over', 'one'))
  await settle(store, put('over', large, { base: 'one', stage: await staged(store, 1, large) }))
  await settle(store, put('also/new', large, { stage: await staged(store, 2, large) }))
  disk.filesOpened = 0
  for (const [path, content] of Object.entries({ new: 'one', over: large, 'also/new': large })) {
    expect(await store.look(at(path), { deep: false })).toMatchObject({ digest: digest(content) })
    expect(lstatSync(join(root, path)).size).toBe(content.length)
  }
  expect([disk.filesOpened, hasher.hashed]).toEqual([0, 0])
  await remove()
})

/** A person who saves over a file right before the call that brings the new one into place. */
class SavingDisk extends WatchedDisk {
  save: () => void = () => {}

  override exchange(folder: Fd, name: string, other: Fd, otherName: string): void {
    this.save()
    this.save = () => {}
    super.exchange(folder, name, other, otherName)
  }

  override moveNew(from: Fd, name: string, to: Fd, newName: string): void {
    if (newName === 'a') {
      this.save()
      this.save = () => {}
    }
    super.moveNew(from, name, to, newName)
  }

  override openToAppend(place: Fd): Fd {
    this.save()
    this.save = () => {}
    return super.openToAppend(place)
  }
}

test('what was saved over a file in the last moment is in the tree, and the result in history', async () => {
  const disk = new SavingDisk()
  const { store, root, remove } = await openTemporaryStore({ disk })
  await settle(store, put('a', 'one'))
  disk.save = () => writeFileSync(join(root, 'a'), 'saved')
  const said = await settle(store, put('a', 'two', { base: 'one' }))
  expect(treeOf(root)).toEqual({ a: 'saved' })
  expect(historyOf(root)).toEqual({ '2/a': 'two' })
  expect(said[0]!.kept).toEqual([{ path: 'a', reason: 'it was changed on this disk' }])
  await remove()
})

test('what was saved at a new name in the last moment is in the tree, and the result in history', async () => {
  const disk = new SavingDisk()
  const { store, root, remove } = await openTemporaryStore({ disk })
  disk.save = () => writeFileSync(join(root, 'a'), 'saved')
  await settle(store, put('a', 'one'))
  expect([treeOf(root), historyOf(root)]).toEqual([{ a: 'saved' }, { '1/a': 'one' }])
  await remove()
})

test('a file that is deleted by hand in the last moment is made by the put', async () => {
  const disk = new SavingDisk()
  const { store, root, remove } = await openTemporaryStore({ disk })
  await settle(store, put('a', 'one'))
  disk.save = () => rmSync(join(root, 'a'))
  await settle(store, put('a', 'two', { base: 'one' }))
  expect([treeOf(root), historyOf(root)]).toEqual([{ a: 'two' }, {}])
  await remove()
})

test('an append to a file that another one is saved over in the last moment leaves that, and files its result', async () => {
  const disk = new SavingDisk()
  const { store, root, remove } = await openTemporaryStore({ disk })
  await settle(store, put('a', 'one'))
  disk.save = () => {
    writeFileSync(join(root, 'a.saving'), 'saved')
    renameSync(join(root, 'a.saving'), join(root, 'a'))
  }
  const said = await settle(store, append('a', 'one', ' two'))
  expect([treeOf(root), historyOf(root)]).toEqual([{ a: 'saved' }, { '2/a': 'one two' }])
  expect(said[0]!.kept).toEqual([{ path: 'a', reason: 'it was changed on this disk' }])
  expect(await store.look(at('a'), { deep: false })).toMatchObject({ digest: digest('saved') })
  expect(ownFiles(root, 'staging')).toEqual({})
  await remove()
})
