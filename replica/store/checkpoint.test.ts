/** What is said to be flushed is on the disk, and what it was made of is kept until then. */
import { rmSync } from 'node:fs'
import { append, ownFiles, put, settle, staged, treeOf } from './changes.fixture.ts'
import { CrashDisk, refused, SurvivingIndex } from './crash.fixture.ts'
import { noTimers, openTemporaryStore, temporaryFolder } from './store.fixture.ts'

let root: string
let index: SurvivingIndex
let disk: CrashDisk

beforeEach(() => {
  root = temporaryFolder()
  index = new SurvivingIndex()
  disk = new CrashDisk()
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

const opened = async () =>
  (await openTemporaryStore({ root, disk, openIndex: () => index, timers: noTimers })).store

test('what was flushed is whole after a loss of power, though nothing of it is looked at again', async () => {
  const store = await opened()
  await settle(store, put('f/a', 'one'), append('f/a', 'one', ' two'), put('b', 'three'))
  await store.flush()
  disk.abandon()
  index.crash('the index as it was flushed')
  disk.losePower(root)
  expect([index.paths.settledSeq, treeOf(root)]).toEqual([3, { b: 'three', f: null, 'f/a': 'one two' }])
})

test('the index says that records are flushed only when the file system has flushed them', async () => {
  const store = await opened()
  await store.flush()
  await settle(store, put('a', 'one'))
  let release = () => {}
  const flushing = new Promise<void>(resolve => {
    const flushAllSoon = disk.flushAllSoon
    disk.flushAllSoon = folder => {
      resolve()
      return new Promise<void>(onReleased => {
        release = onReleased
      }).then(() => flushAllSoon.call(disk, folder))
    }
  })
  const flushed = store.flush()
  await flushing
  expect(index.paths.settledSeq).toBe(0)
  release()
  await flushed
  expect(index.paths.settledSeq).toBe(1)
  await store.close()
})

test('a stage that an append has used stays until the index has said so, on the disk', async () => {
  const store = await opened()
  const stage = await staged(store, 1, ' two')
  await settle(store, put('a', 'one'), append('a', 'one', ' two', { stage }))
  const { flush } = index.paths
  index.paths.flush = () => Promise.reject(refused('EIO', 'the index'))
  await expect(store.flush()).rejects.toMatchObject({ code: 'EIO' })
  expect(Object.keys(ownFiles(root, 'staging'))).toEqual([stage])
  index.paths.flush = flush
  await store.flush()
  expect(ownFiles(root, 'staging')).toEqual({})
  await store.close()
})
