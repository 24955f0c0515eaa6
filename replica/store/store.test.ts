/** Opening a root, what is kept in it, and what is refused. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterId, Incarnation, NodeName } from '../../protocol/ids.ts'
import { DiskError, type Fd } from './disk.ts'
import { openTemporaryStore, type TemporaryStore, temporaryFolder, WatchedDisk } from './store.fixture.ts'

const cluster = 'c'.repeat(32) as ClusterId
const otherCluster = 'd'.repeat(32) as ClusterId
const members = ['server1', 'server2'] as NodeName[]

let root: string
let opened: TemporaryStore[]

beforeEach(() => {
  root = temporaryFolder()
  opened = []
})

afterEach(async () => {
  for (const { store } of opened) await store.close()
  for (const { disk } of opened) expect(disk.open.size).toBe(0)
  rmSync(root, { recursive: true, force: true })
})

async function open(disk = new WatchedDisk()) {
  opened.push(await openTemporaryStore({ root, disk }))
  return opened.at(-1)!.store
}

/** Expects a refusal in one sentence, with nothing left open. */
async function expectRefusal(sentence: string, disk = new WatchedDisk()): Promise<void> {
  await expect(openTemporaryStore({ root, disk })).rejects.toMatchObject({ code: 'USAGE', message: sentence })
  expect(disk.open.size).toBe(0)
}

test('the node id is made once and stays', async () => {
  const first = await open()
  expect(first.nodeId).toBe('ab'.repeat(16))
  expect([first.clusterId, first.members()]).toEqual([null, []])
  writeFileSync(
    join(root, '.concur/node.json'),
    JSON.stringify({ nodeId: 'f'.repeat(32), clusterId: null, members: [] }),
  )
  await first.close()
  expect((await open()).nodeId).toBe('f'.repeat(32))
})

test('cluster id and members are there after a restart', async () => {
  const first = await open()
  first.setClusterId(cluster)
  first.setMembers(members)
  await first.close()
  const second = await open()
  expect([second.clusterId, second.members()]).toEqual([cluster, members])
})

test('a promised epoch is there after a restart, the next one in its place', async () => {
  const first = await open()
  expect(first.promised).toBeNull()
  first.setPromised({ number: 3, incarnation: 'a'.repeat(32) as Incarnation })
  first.setPromised({ number: 4, incarnation: 'b'.repeat(32) as Incarnation })
  await first.close()
  expect((await open()).promised).toEqual({ number: 4, incarnation: 'b'.repeat(32) })
})

test('a store stays in its cluster', async () => {
  const store = await open()
  store.setClusterId(cluster)
  store.setClusterId(cluster)
  expect(() => store.setClusterId(otherCluster)).toThrow(expect.objectContaining({ code: 'WRONG_CLUSTER' }))
  expect(store.clusterId).toBe(cluster)
})

test('members that are told again are not written again', async () => {
  const disk = new WatchedDisk()
  const store = await open(disk)
  store.setMembers(members)
  disk.openOwn = () => {
    throw new DiskError('EIO', 'open')
  }
  store.setMembers([...members])
})

test.each(['write', 'flush', 'rename'] as const)(
  'when %s fails, node.json is as it was and nothing is left behind',
  async call => {
    const disk = new WatchedDisk()
    const store = await open(disk)
    store.setClusterId(cluster)
    const before = readFileSync(join(root, '.concur/node.json'), 'utf8')
    const honest = disk[call]
    disk[call] = () => {
      throw new DiskError('ENOSPC', call)
    }
    expect(() => store.setMembers(members)).toThrow('ENOSPC')
    disk[call] = honest as never
    expect(readFileSync(join(root, '.concur/node.json'), 'utf8')).toBe(before)
    expect(existsSync(join(root, '.concur/node.json.new'))).toBe(false)
    expect(store.members()).toEqual([])
    store.setMembers(members)
    expect(store.members()).toEqual(members)
  },
)

test('node.json is flushed, renamed into place, and its folder flushed, in this order', async () => {
  const disk = new WatchedDisk()
  const store = await open(disk)
  const calls: string[] = []
  for (const call of ['write', 'flush', 'rename'] as const) {
    const honest = disk[call] as (...values: unknown[]) => void
    disk[call] = (...values: unknown[]) => {
      calls.push(call)
      honest.apply(disk, values)
    }
  }
  store.setMembers(members)
  expect(calls).toEqual(['write', 'flush', 'rename', 'flush'])
})

test('the folder of a new store has its name on the disk, so that nothing that is flushed in it is lost with it', async () => {
  const disk = new WatchedDisk()
  const openFolder = disk.openFolder.bind(disk)
  const roots: Fd[] = []
  disk.openFolder = name => {
    roots.push(openFolder(name))
    return roots.at(-1)!
  }
  const flush = disk.flush.bind(disk)
  const flushed: Fd[] = []
  disk.flush = fd => {
    flushed.push(fd)
    flush(fd)
  }
  await open(disk)
  expect(flushed).toContain(roots[0])
})

test('a root that is missing, or no folder, is refused', async () => {
  rmSync(root, { recursive: true })
  await expectRefusal(`--root ${root}: no such folder`)
  writeFileSync(root, '')
  await expectRefusal(`--root ${root}: not a folder`)
})

test('a root in use is refused with the id of the process that uses it', async () => {
  const first = await open()
  await expectRefusal(`--root ${root}: in use by process ${process.pid}; one server a root`)
  await first.close()
  await open()
})

test('a lock file without a process id is refused just so', async () => {
  await open()
  writeFileSync(join(root, '.concur/lock'), '')
  await expectRefusal(`--root ${root}: in use by another process; one server a root`)
})

test('a kernel without openat2 is refused', async () => {
  const disk = new WatchedDisk()
  disk.openBeneath = () => {
    throw new DiskError('ENOSYS', 'openat2')
  }
  await expectRefusal(
    `--root ${root}: .concur cannot be opened: this kernel has no openat2, which came with Linux 5.6`,
    disk,
  )
})

test('a root that cannot be written to is refused', async () => {
  for (const [code, reason] of [
    ['EROFS', 'the file system is read-only'],
    ['EACCES', 'permission denied'],
  ] as const) {
    const disk = new WatchedDisk()
    disk.makeFolder = () => {
      throw new DiskError(code, 'mkdir')
    }
    await expectRefusal(`--root ${root}: .concur cannot be opened: ${reason}`, disk)
  }
})

test('a root whose own folder takes no files is refused', async () => {
  const disk = new WatchedDisk()
  disk.flush = () => {
    throw new DiskError('ENOSPC', 'fsync')
  }
  await expectRefusal(`--root ${root}: .concur cannot be used (ENOSPC)`, disk)
})

test('a .concur that is a link, or a file, is refused', async () => {
  const elsewhere = temporaryFolder()
  symlinkSync(elsewhere, join(root, '.concur'))
  await expectRefusal(`--root ${root}: .concur cannot be opened: it is a link`)
  rmSync(elsewhere, { recursive: true })
  unlinkSync(join(root, '.concur'))
  writeFileSync(join(root, '.concur'), '')
  await expectRefusal(`--root ${root}: .concur cannot be opened: it is not a folder`)
})

const badPromise = JSON.stringify({
  nodeId: 'f'.repeat(32),
  clusterId: null,
  members: [],
  promised: { number: 1, incarnation: 'x' },
})

test.each(['{', '{}', '{"nodeId":"x","clusterId":null,"members":[]}', badPromise, '{"nodeId":"', 'null'])(
  'a node.json of %s is refused and left as it is',
  async text => {
    mkdirSync(join(root, '.concur'))
    writeFileSync(join(root, '.concur/node.json'), text)
    await expectRefusal(`--root ${root}: .concur/node.json cannot be understood`)
    expect(readFileSync(join(root, '.concur/node.json'), 'utf8')).toBe(text)
  },
)

test('free bytes of the file system are told, and null when it does not say', async () => {
  const disk = new WatchedDisk()
  const store = await open(disk)
  expect(store.diskFreeBytes()).toBeGreaterThan(0)
  disk.freeBytes = () => {
    throw new DiskError('EIO', 'statfs')
  }
  expect(store.diskFreeBytes()).toBeNull()
})
