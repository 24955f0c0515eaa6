/** A flush that fails takes a store out of service until the system starts anew, or somebody has looked after it. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Incarnation } from '../../protocol/ids.ts'
import { commitAll, journalOnly, put, settle, treeOf } from './changes.fixture.ts'
import { DiskError } from './disk.ts'
import { openTemporaryStore, temporaryFolder, WatchedDisk } from './store.fixture.ts'

/** A disk whose flushes fail while it is told so. */
class UnsoundDisk extends WatchedDisk {
  isSound = true

  override flush(fd: Parameters<WatchedDisk['flush']>[0]): void {
    this.assertSound()
    super.flush(fd)
  }

  override async flushSoon(fd: Parameters<WatchedDisk['flush']>[0]): Promise<void> {
    this.assertSound()
    return super.flushSoon(fd)
  }

  override async flushAllSoon(fd: Parameters<WatchedDisk['flush']>[0]): Promise<void> {
    this.assertSound()
    return super.flushAllSoon(fd)
  }

  private assertSound(): void {
    if (!this.isSound) throw new DiskError('EIO', 'fsync')
  }
}

/** A disk one of whose flushes at once fails, once, as systems tell of it. */
class OnceUnsoundDisk extends WatchedDisk {
  flushes = 0
  private readonly failing: number

  /** `failing`: which one, from 1 on. */
  constructor(failing: number) {
    super()
    this.failing = failing
  }

  override flush(fd: Parameters<WatchedDisk['flush']>[0]): void {
    this.flushes++
    if (this.flushes === this.failing) throw new DiskError('EIO', 'fsync')
    super.flush(fd)
  }
}

let root: string

beforeEach(() => {
  root = temporaryFolder()
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

const mark = () => join(root, '.concur/fence')
const fenced = JSON.stringify({ bootId: 'this start', reason: 'a flush failed' })

/** Leaves a store with a mark, and a record that is not settled. */
async function leaveFenced(): Promise<void> {
  const { store } = await openTemporaryStore({ root })
  await settle(store, put('a', 'one'))
  await journalOnly(store, put('a', 'two', { base: 'one' }))
  await store.close()
  writeFileSync(mark(), fenced)
}

test('a checkpoint whose flush fails fences the store, says why, and tells once', async () => {
  const disk = new UnsoundDisk()
  const { store, remove } = await openTemporaryStore({ root, disk })
  const told: string[] = []
  store.fence.listen(reason => told.push(reason))
  await settle(store, put('a', 'one'))
  expect([store.fence.isFenced, store.fence.reason]).toEqual([false, null])
  const flushAllSoon = disk.flushAllSoon
  disk.flushAllSoon = () => Promise.reject(new DiskError('EIO', 'syncfs'))
  await expect(store.flush()).rejects.toMatchObject({ code: 'IO_ERROR' })
  disk.flushAllSoon = flushAllSoon
  await expect(store.flush()).rejects.toMatchObject({ code: 'IO_ERROR' })
  store.fence.set('something else')
  expect(told).toEqual(['a flush of the file system failed (EIO)'])
  expect(store.fence.reason).toBe(told[0])
  expect(existsSync(mark())).toBe(true)
  store.fence.clear()
  await remove()
})

test('a stage whose flush fails fences the store, even where the mark cannot be written', async () => {
  const disk = new UnsoundDisk()
  const { store, remove } = await openTemporaryStore({ root, disk })
  const stage = store.stages.open('0'.repeat(32) as never)
  disk.isSound = false
  await expect(stage.seal()).rejects.toMatchObject({ code: 'EIO' })
  expect(store.fence.reason).toBe('a flush failed')
  disk.isSound = true
  store.fence.clear()
  await remove()
})

test('a flush of a stage that failed is not made again, though the next one would succeed', async () => {
  const disk = new WatchedDisk()
  const { store, remove } = await openTemporaryStore({ root, disk })
  const stage = store.stages.open('0'.repeat(32) as never)
  let flushes = 0
  disk.flushSoon = async () => {
    flushes++
    if (flushes === 1) throw new DiskError('EIO', 'fsync')
  }
  await expect(stage.seal()).rejects.toMatchObject({ code: 'EIO' })
  expect([flushes, store.fence.isFenced]).toEqual([1, true])
  store.fence.clear()
  await remove()
})

test('a fenced store settles nothing, in the next process as well', async () => {
  await leaveFenced()
  const { store } = await openTemporaryStore({ root })
  expect(store.fence.reason).toBe('a flush failed')
  store.settler.commit(2)
  await store.settler.idle()
  expect([store.settler.settledSeq, treeOf(root)]).toEqual([1, { a: 'one' }])
  store.fence.clear()
  await store.close()
})

test('the fence ends with another start of the system', async () => {
  await leaveFenced()
  const { store, remove } = await openTemporaryStore({ root, bootId: 'another start' })
  expect(store.fence.isFenced).toBe(false)
  await commitAll(store)
  expect(treeOf(root)).toEqual({ a: 'two' })
  await remove()
})

test('a recheck ends the fence for good when a flush works', async () => {
  await leaveFenced()
  const { store } = await openTemporaryStore({ root, recheck: true })
  expect(store.fence.isFenced).toBe(false)
  expect(existsSync(mark())).toBe(false)
  await commitAll(store)
  await store.close()
  const again = await openTemporaryStore({ root })
  expect(again.store.fence.isFenced).toBe(false)
  await again.remove()
})

test('a recheck where flushes fail refuses to open, and the fence stands', async () => {
  await leaveFenced()
  const disk = new UnsoundDisk()
  disk.isSound = false
  const opening = openTemporaryStore({ root, disk, recheck: true })
  await expect(opening).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('EIO') })
  expect(disk.open.size).toBe(0)
  const { store, remove } = await openTemporaryStore({ root })
  expect(store.fence.reason).toBe('a flush failed')
  store.fence.clear()
  await remove()
})

test('a recheck one of whose own flushes fails refuses to open, and the fence stands', async () => {
  for (const failing of [1, 2, 3]) {
    rmSync(root, { recursive: true, force: true })
    mkdirSync(root)
    await leaveFenced()
    const disk = new OnceUnsoundDisk(failing)
    await expect(openTemporaryStore({ root, disk, recheck: true })).rejects.toMatchObject({ code: 'USAGE' })
    const { store, remove } = await openTemporaryStore({ root })
    expect([failing, store.fence.isFenced]).toEqual([failing, true])
    store.fence.clear()
    await remove()
  }
})

test('a start one of whose flushes fails refuses to open, and the next one is fenced', async () => {
  let failing = 1
  for (; ; failing++) {
    rmSync(root, { recursive: true, force: true })
    mkdirSync(root)
    const first = await openTemporaryStore({ root, bootId: 'a start before' })
    await settle(first.store, put('a', 'one'))
    await first.store.close()
    const disk = new OnceUnsoundDisk(failing)
    const opening = openTemporaryStore({ root, disk })
    if (
      await opening
        .then(({ store }) => store.close())
        .then(
          () => true,
          () => false,
        )
    )
      break
    expect(disk.open.size).toBe(0)
    const { store, remove } = await openTemporaryStore({ root })
    expect([failing, store.fence.isFenced]).toEqual([failing, true])
    store.fence.clear()
    await remove()
  }
  expect(failing).toBeGreaterThan(4)
})

test('a file system that cannot be flushed at a start refuses to open, and the next start is fenced', async () => {
  const first = await openTemporaryStore({ root, bootId: 'a start before' })
  await first.store.close()
  const disk = new WatchedDisk()
  disk.flushAllSoon = () => Promise.reject(new DiskError('EIO', 'syncfs'))
  await expect(openTemporaryStore({ root, disk })).rejects.toMatchObject({ code: 'USAGE' })
  const { store, remove } = await openTemporaryStore({ root })
  expect(store.fence.reason).toBe('a flush failed while the store was opened')
  store.fence.clear()
  await remove()
})

test('a promise whose flush fails is not made, and fences the store', async () => {
  const disk = new UnsoundDisk()
  const { store, remove } = await openTemporaryStore({ root, disk })
  disk.isSound = false
  expect(() => store.setPromised({ number: 1, incarnation: 'a'.repeat(32) as Incarnation })).toThrow('EIO')
  disk.isSound = true
  expect([store.promised, store.fence.reason]).toEqual([null, 'a flush failed'])
  store.fence.clear()
  await remove()
})

test('a recheck of a store without a fence changes nothing', async () => {
  const { store, remove } = await openTemporaryStore({ root, recheck: true })
  await settle(store, put('a', 'one'))
  await remove()
})

test('a mark that cannot be read is a fence', async () => {
  await leaveFenced()
  writeFileSync(mark(), '{"bootId": "th')
  const { store, remove } = await openTemporaryStore({ root, bootId: 'another start' })
  expect(store.fence.reason).toBe('the mark of a failed flush cannot be read')
  store.fence.clear()
  await remove()
})
