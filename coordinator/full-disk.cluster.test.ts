/** A full disk in a whole cluster: real ones, in one process. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { FakeTime } from '../fixtures/fake-time.ts'
import { canHaveSmallDisks, SmallDisk } from '../fixtures/small-disk.ts'
import { until } from '../fixtures/until.ts'
import { inlineBytesMax } from '../protocol/limits.ts'
import { parsePath } from '../protocol/path.ts'
import type { Operation } from '../protocol/record.ts'
import { ownFiles, treeOf } from '../replica/store/changes.fixture.ts'
import { DiskError } from '../replica/store/disk.ts'

const onSmallDisks = canHaveSmallDisks() ? describe : describe.skip
const MiB = 1024 * 1024
const noSpace = { code: 'NO_SPACE' }

let cluster: Cluster
let time: FakeTime
let small: SmallDisk | null = null

/** Server1, server2 and server3, one of which has a small disk. */
async function start(onSmall: string): Promise<void> {
  time = new FakeTime()
  const disk = await SmallDisk.make({ size: '16m' })
  small = disk
  const root = join(disk.folder, 'root')
  mkdirSync(root)
  cluster = await startCluster({ replicas: 2, time, roots: { [onSmall]: root } })
  await cluster.settled()
}

afterEach(async () => {
  small?.empty()
  await cluster.close()
  await small?.remove()
  small = null
})

const treeAt = (name: string) => treeOf(cluster.node(name).root)
const stagedAt = (name: string) => ownFiles(cluster.node(name).root, 'staging')
const names = ['server1', 'server2', 'server3']

onSmallDisks('a replica whose disk is full', () => {
  test('leaves the set with NO_SPACE while the others go on, answers reads, and comes back when there is space', async () => {
    await start('server3')
    const client = cluster.client()
    await client.put('a', 'a')
    small!.fill()
    const done = await client.put('b', 'b')
    expect(done).toMatchObject({
      applied: ['server1', 'server2'],
      behind: [{ node: 'server3', reason: 'NO_SPACE: no space is left' }],
      error: null,
    })
    expect((await client.status()).replicas[1]).toMatchObject({
      name: 'server3',
      state: 'catching-up',
      reason: 'NO_SPACE: no space is left',
    })
    expect((await client.get('a')).verdict).toMatchObject({
      verdict: 'SINGLE_FILE',
      unreachable: [],
      missing: [],
    })
    await client.put('large', Buffer.alloc(2 * MiB, 'x'))
    await client.rm('a')
    await time.pass(20_000)
    expect(Object.keys(treeAt('server3'))).toEqual(['a'])
    small!.empty()
    await time.pass(2_000)
    await cluster.settled()
    await cluster.atRest()
    expect([treeAt('server3'), stagedAt('server3')]).toEqual([treeAt('server1'), {}])
    expect(Object.keys(treeAt('server3'))).toEqual(['b', 'large'])
  })
})

onSmallDisks('a coordinator whose disk is full', () => {
  test('refuses what needs room with NO_SPACE and takes deletes, leaves nothing behind, and goes on when there is space', async () => {
    await start('server1')
    const client = cluster.client()
    for (const path of ['a', 'b']) await client.put(path, path)
    const { seq } = (await client.status()).coordinator
    small!.fill()
    for (const size of [1, inlineBytesMax + 1, 3 * MiB])
      await expect(client.put('new', Buffer.alloc(size))).rejects.toMatchObject(noSpace)
    await expect(client.append('a', 'more')).rejects.toMatchObject(noSpace)
    await expect(client.mv('a', 'c')).rejects.toMatchObject(noSpace)
    const { coordinator } = await client.status()
    expect(coordinator).toMatchObject({
      seq,
      state: 'refusing-changes',
      reason: 'NO_SPACE: no space is left, only deletes are taken',
    })
    expect((await client.get('a', { bodies: 'agreed' })).texts).toEqual({ server1: 'a' })
    expect(await client.rm('a')).toMatchObject({ applied: names, behind: [], error: null })
    for (const name of names) expect([treeAt(name), stagedAt(name)]).toEqual([{ b: 'b' }, {}])
    small!.empty()
    expect(await client.put('new', Buffer.alloc(3 * MiB, 'x'))).toMatchObject({ applied: names, error: null })
    expect((await client.status()).coordinator).toMatchObject({ state: 'serving', reason: null })
  })

  test('deletes a folder whose list is long, with the room that was kept', async () => {
    await start('server1')
    const client = cluster.client()
    const paths = Array.from({ length: 500 }, (_, n) => `folder/${'long '.repeat(20)}${n}`)
    await Promise.all(paths.map(path => client.put(path, '')))
    small!.fill()
    const folder = { type: 'delete' as const, path: parsePath('folder'), recursive: true, force: false }
    expect(await client.change(folder)).toMatchObject({ applied: names, behind: [], kept: [], error: null })
    for (const name of names) expect([treeAt(name), stagedAt(name)]).toEqual([{}, {}])
  })

  test('lets no byte come that it has no room for, where it is told how many', async () => {
    await start('server1')
    const peer = await cluster.dial('server1')
    const operation: Operation = { nonce: 'b'.repeat(32) as Operation['nonce'], counter: 1, floor: 0 }
    const what = { type: 'put' as const, path: parsePath('large'), executable: null, bytes: 20 * MiB }
    const conditions = { ifMatch: null, ifAbsent: false, ack: null, fence: null }
    const answer = peer.ask('CHANGE', { operation, ...conditions, what }, { more: true })
    expect((await answer.ended()).error).toMatchObject({
      ...noSpace,
      message: 'large: no space is left on server1',
    })
    for (const name of names) expect(stagedAt(name)).toEqual({})
  })

  test('has nothing left of bytes of which nobody knew how many would come', async () => {
    await start('server1')
    const peer = await cluster.dial('server1')
    const operation: Operation = { nonce: 'b'.repeat(32) as Operation['nonce'], counter: 1, floor: 0 }
    const what = { type: 'put' as const, path: parsePath('large'), executable: null, bytes: null }
    const conditions = { ifMatch: null, ifAbsent: false, ack: null, fence: null }
    const answer = peer.ask('CHANGE', { operation, ...conditions, what }, { more: true })
    for (let n = 0; n < 20; n++) void answer.stream.sendPiece('CHUNK', Buffer.alloc(MiB))
    expect((await answer.ended()).error).toMatchObject({ ...noSpace, message: 'no space is left on server1' })
    await until(() => names.every(name => Object.keys(stagedAt(name)).length === 0), 'the stages to go')
    expect(await cluster.client().put('small', 'x')).toMatchObject({ applied: names })
  })
})

test('a coordinator whose journal has no room for its term begins it when there is some', async () => {
  time = new FakeTime()
  cluster = await startCluster({ replicas: 2, time })
  await cluster.settled()
  await cluster.client().put('a', 'a')
  await cluster.stop('server1')
  const { disk } = cluster.node('server1')
  disk.writeSoon = () => Promise.reject(new DiskError('ENOSPC', 'write'))
  await cluster.restart('server1')
  const client = cluster.client()
  await time.pass(5_000)
  await expect(client.put('b', 'b')).rejects.toMatchObject(noSpace)
  expect((await client.status()).coordinator).toMatchObject({
    state: 'refusing-changes',
    reason: 'NO_SPACE: no space is left for the journal',
  })
  expect((await client.get('a', { bodies: 'agreed' })).texts).toEqual({ server1: 'a' })
  disk.writeSoon = Object.getPrototypeOf(disk).writeSoon
  await time.pass(1_000)
  await cluster.settled()
  expect(await client.put('b', 'b')).toMatchObject({ applied: names, error: null })
})

test.each([1, inlineBytesMax + 1])(
  'a change of %d bytes that the coordinator’s journal has no room for leaves nothing anywhere',
  async size => {
    time = new FakeTime()
    cluster = await startCluster({ replicas: 2, time })
    await cluster.settled()
    const client = cluster.client()
    await client.put('a', 'a')
    const { disk, store } = cluster.node('server1')
    const { seq } = store.journal.last
    disk.writeSoon = () => Promise.reject(new DiskError('ENOSPC', 'write'))
    await expect(client.put('b', Buffer.alloc(size))).rejects.toMatchObject(noSpace)
    disk.writeSoon = Object.getPrototypeOf(disk).writeSoon
    await until(() => names.every(name => Object.keys(stagedAt(name)).length === 0), 'the stages to go')
    expect(store.journal.last.seq).toBe(seq)
    await time.pass(5_000)
    await cluster.settled()
    expect(await client.put('b', 'b')).toMatchObject({ applied: names, error: null })
    for (const name of names) expect(treeAt(name)).toEqual({ a: 'a', b: 'b' })
  },
)

test('a replica goes while the coordinator’s journal has no room to say so, and is left out when there is some', async () => {
  time = new FakeTime()
  cluster = await startCluster({ replicas: 2, time })
  await cluster.settled()
  await cluster.client().put('a', 'a')
  const { disk } = cluster.node('server1')
  disk.writeSoon = () => Promise.reject(new DiskError('ENOSPC', 'write'))
  await cluster.stop('server3')
  await cluster.untilState(['server3'], 'down')
  await expect(cluster.client().put('b', 'b')).rejects.toMatchObject(noSpace)
  disk.writeSoon = Object.getPrototypeOf(disk).writeSoon
  await time.pass(1_000)
  expect(await cluster.client().put('b', 'b')).toMatchObject({ applied: ['server1', 'server2'], error: null })
})
