/** Room is kept for what is ordered already, given free on a full disk, and made again when there is room. */
import { linkSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { append, ownFiles, put, settle, treeOf } from './changes.fixture.ts'
import { DiskError, type Fd } from './disk.ts'
import { Reserve, reserveBytes } from './reserve.ts'
import { openTemporaryStore, temporaryFolder, WatchedDisk } from './store.fixture.ts'

const MiB = 1024 * 1024
const GiB = 1024 * MiB

/** The real disk, as large and as full as a test says. */
class SizedDisk extends WatchedDisk {
  total = GiB
  free = GiB

  override totalBytes(): number {
    return this.total
  }

  override freeBytes(): number {
    return this.free
  }
}

test('the reserve is a hundredth of the file system, between 1 and 64 MiB', () => {
  expect([0, 10 * MiB, 200 * MiB, 1000 * GiB].map(reserveBytes)).toEqual([MiB, MiB, 2 * MiB, 64 * MiB])
})

describe('a reserve', () => {
  let root: string
  let disk: SizedDisk
  let folder: Fd
  let reserve: Reserve

  beforeEach(() => {
    root = temporaryFolder()
    mkdirSync(join(root, 'own'))
    disk = new SizedDisk()
    folder = disk.openFolder(join(root, 'own'))
    reserve = new Reserve({ disk, folder })
  })

  afterEach(() => {
    reserve.close()
    disk.close(folder)
    expect(disk.open.size).toBe(0)
    rmSync(root, { recursive: true })
  })

  const size = () => statSync(join(root, 'own/reserve')).size

  test('is made, given free once, and made again', () => {
    reserve.make()
    const made = reserveBytes(GiB)
    expect(size()).toBe(made)
    expect(statSync(join(root, 'own/reserve')).blocks * 512).toBeGreaterThanOrEqual(made)
    expect(reserve.release()).toBe(true)
    expect(size()).toBe(0)
    expect(reserve.release()).toBe(false)
    reserve.make()
    expect(size()).toBe(made)
  })

  test('takes no more than half of what is free, and grows as room comes', () => {
    disk.free = 100_000
    reserve.make()
    expect([size(), reserve.heldBytes]).toEqual([0, 0])
    disk.free = 5 * MiB
    reserve.make()
    expect([size(), reserve.heldBytes]).toEqual([2.5 * MiB, 2.5 * MiB])
    disk.free = 2.5 * MiB
    reserve.make()
    expect(size()).toBe(3.75 * MiB)
    disk.free = GiB
    reserve.make()
    expect([size(), reserve.heldBytes]).toEqual([reserveBytes(GiB), reserveBytes(GiB)])
  })

  test('of the process before counts on a full disk', () => {
    reserve.make()
    disk.free = 0
    const next = new Reserve({ disk, folder })
    next.make()
    expect(next.heldBytes).toBe(reserveBytes(GiB))
    expect(next.release()).toBe(true)
    next.close()
  })

  test('is given free for somebody who would find too little, and only then', () => {
    reserve.make()
    disk.free = 100_000
    reserve.leave(100_000)
    expect(size()).toBe(reserveBytes(GiB))
    reserve.leave(100_001)
    expect([size(), reserve.heldBytes]).toEqual([0, 0])
  })

  test('is done without where the file system refuses it', () => {
    disk.allocate = () => {
      throw new DiskError('EOPNOTSUPP', 'fallocate')
    }
    reserve.make()
    expect([size(), reserve.release()]).toEqual([0, false])
  })
})

test('a record is finished on a full disk with the room that was kept for it', async () => {
  const disk = new WatchedDisk()
  const { store, root, remove } = await openTemporaryStore({ disk })
  const reserve = join(root, '.concur/reserve')
  expect(statSync(reserve).size).toBeGreaterThanOrEqual(MiB)
  const write = disk.write.bind(disk)
  disk.write = (file, bytes, position) => {
    if (Buffer.from(bytes).toString() === 'new' && statSync(reserve).size > 0)
      throw new DiskError('ENOSPC', 'pwrite')
    write(file, bytes, position)
  }
  await settle(store, put('a', 'new'))
  expect(treeOf(root)).toEqual({ a: 'new' })
  await remove()
})

test('a copy that there is no room for takes nothing of what is left', async () => {
  const disk = new SizedDisk()
  const { store, root, remove } = await openTemporaryStore({ disk })
  const old = 'old '.repeat(1_000)
  await settle(store, put('a', old))
  linkSync(join(root, 'a'), join(root, 'b'))
  disk.free = 2_000
  let written = 0
  const write = disk.write.bind(disk)
  disk.write = (file, bytes, position) => {
    if (bytes.length > 1_000) written += bytes.length
    write(file, bytes, position)
  }
  await expect(settle(store, append('a', old, 'more'))).rejects.toMatchObject({ code: 'NO_SPACE' })
  expect([written, ownFiles(root, 'staging')]).toEqual([0, {}])
  disk.free = GiB
  store.settler.retry()
  await store.settler.settled(2)
  expect(treeOf(root)).toEqual({ a: `${old}more`, b: old })
  await remove()
})

test('what a full disk took a part of leaves nothing in staging while it waits', async () => {
  const disk = new WatchedDisk()
  let isFull = true
  const write = disk.write.bind(disk)
  disk.write = (file, bytes, position) => {
    if (!isFull || Buffer.from(bytes).toString() !== 'new') return write(file, bytes, position)
    write(file, bytes.subarray(0, 1), position)
    throw new DiskError('ENOSPC', 'pwrite')
  }
  const { store, root, remove } = await openTemporaryStore({ disk })
  await expect(settle(store, put('a', 'new'))).rejects.toMatchObject({ code: 'NO_SPACE' })
  expect(ownFiles(root, 'staging')).toEqual({})
  isFull = false
  store.settler.retry()
  await store.settler.settled(1)
  await remove()
})

test('a record waits on a disk that is full without a reserve, and is settled when there is room', async () => {
  const disk = new WatchedDisk()
  let isFull = true
  const write = disk.write.bind(disk)
  disk.write = (file, bytes, position) => {
    if (Buffer.from(bytes).toString() === 'new' && isFull) throw new DiskError('ENOSPC', 'pwrite')
    write(file, bytes, position)
  }
  const { store, root, remove } = await openTemporaryStore({ disk })
  await expect(settle(store, put('a', 'new'))).rejects.toMatchObject({ code: 'NO_SPACE' })
  expect([treeOf(root), store.settler.settledSeq]).toEqual([{}, 0])
  isFull = false
  store.settler.retry()
  await store.settler.settled(1)
  expect(treeOf(root)).toEqual({ a: 'new' })
  await remove()
})
