/** Locks in a whole cluster: held by one, whatever becomes of the nodes. */
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, type ClusterOptions, startCluster } from '../fixtures/cluster.ts'
import type { ClusterClient } from '../fixtures/cluster-client.ts'
import { until } from '../fixtures/until.ts'
import { digestOf } from '../protocol/digest.ts'
import type { NodeName } from '../protocol/ids.ts'
import { resultsKeptMax } from '../protocol/limits.ts'
import { parsePath, wholeTree } from '../protocol/path.ts'
import type { Operation } from '../protocol/record.ts'
import { LockTable } from './locks/lock-table.ts'
import { readPast } from './ordering/past.ts'

let cluster: Cluster
let ann: ClusterClient
let bob: ClusterClient

async function start(options: ClusterOptions = {}): Promise<void> {
  cluster = await startCluster(options)
  await cluster.settled()
  clients()
}

function clients(): void {
  ann = cluster.client('server1', 'ann@laptop')
  bob = cluster.client('server1', 'bob@desk')
}

afterEach(() => cluster.close())

const coordinatorJournal = () => cluster.coordinator.store.journal
const tokenOf = async (path: string, client = ann) => (await client.check(path)).lease?.token ?? null
const locked = (holder = 'ann@laptop') => ({
  code: 'LOCKED',
  message: expect.stringMatching(
    new RegExp(`locked by ${holder} since 2\\S+Z until 2\\S+Z from (127.0.0.1|client|server\\d)`),
  ),
})
const stale = { code: 'STALE_TOKEN', message: expect.stringContaining('the newest is') }
const operationOf = (counter: number) => ({ nonce: 'a'.repeat(32), counter, floor: 0 }) as Operation

async function restart(name: string): Promise<void> {
  await cluster.stop(name)
  await cluster.restart(name)
  await cluster.settled()
}

function loseRoot(name: string): void {
  const { root } = cluster.node(name)
  rmSync(root, { recursive: true })
  mkdirSync(root)
}

function snapshotOf(name: string): string {
  const { root } = cluster.node(name)
  cpSync(root, `${root}.copy`, { recursive: true, preserveTimestamps: true })
  return `${root}.copy`
}

function restore(name: string, snapshot: string): void {
  loseRoot(name)
  cpSync(snapshot, cluster.node(name).root, { recursive: true, preserveTimestamps: true })
}

test('one holds it, the others are told who, and reads go on', async () => {
  await start()
  await ann.put('a', 'one')
  const { lease } = await ann.lock('a')
  expect(lease).toMatchObject({ path: 'a', holder: 'ann@laptop', token: expect.any(Number) })
  await expect(bob.put('a', 'two')).rejects.toMatchObject(locked())
  await expect(bob.append('a', 'two')).rejects.toMatchObject(locked())
  await expect(bob.rm('a')).rejects.toMatchObject(locked())
  await expect(bob.mv('a', 'b')).rejects.toMatchObject(locked())
  await expect(bob.lock('a')).rejects.toMatchObject(locked())
  await expect(bob.unlock('a')).rejects.toMatchObject(locked())
  expect((await bob.get('a')).texts).toEqual({ server1: 'one' })
  expect([(await ann.check('a')).state, (await bob.check('a')).state]).toEqual(['mine', 'held'])
  await ann.put('a', 'two')
  expect((await ann.unlock('a')).state).toBe('free')
  await bob.put('a', 'three')
})

test('a folder is locked with all that is below it, also where nothing is; a rename does not take the lock along', async () => {
  await start()
  await ann.put('docs/a', 'a')
  await ann.lock('docs/new')
  await expect(bob.put('docs/new/x', 'x')).rejects.toMatchObject(locked())
  await bob.put('docs/b', 'b')
  await expect(bob.mv('docs', 'elsewhere')).rejects.toMatchObject(locked())
  await expect(
    bob.change({ type: 'delete', path: parsePath('docs'), recursive: true, force: false }),
  ).rejects.toMatchObject(locked())
  await ann.lock('docs')
  await expect(bob.put('docs/b', 'c')).rejects.toMatchObject(locked())
  await expect(bob.mv('docs/b', 'b')).rejects.toMatchObject(locked())
  await ann.mv('docs', 'moved')
  await bob.put('moved/b', 'c')
  await expect(bob.put('docs/b', 'c')).rejects.toMatchObject(locked())
})

test('an older token is stale when it is stated, and when it was current as the bytes began to come', async () => {
  await start()
  const first = (await ann.lock('a')).lease!.token
  const peer = await cluster.dial('server1', { clientId: 'ann@laptop' as never })
  const what = { type: 'put' as const, path: parsePath('a'), executable: null, bytes: null }
  const conditions = { ifMatch: null, ifAbsent: false, ack: null, fence: null }
  const late = peer.ask('CHANGE', { operation: operationOf(1), ...conditions, what }, { more: true })
  await late.stream.sendPiece('CHUNK', Buffer.from('late'))
  await bob.unlock('a', { steal: true })
  const second = (await bob.lock('a')).lease!.token
  await bob.put('a', 'bob', { fence: second })
  await bob.unlock('a')
  void late.stream.sendFlow('SEAL', { size: 4, digest: digestOf(Buffer.from('late')).digest }, true)
  expect((await late.ended()).error).toMatchObject(stale)
  await expect(ann.put('a', 'late', { fence: first })).rejects.toMatchObject(stale)
  await expect(ann.put('a', 'late')).rejects.toMatchObject(stale)
  expect((await ann.get('a')).texts).toEqual({ server1: 'bob' })
  await ann.lock('a')
  await ann.put('a', 'ann')
})

test('stealing is logged, on every node, and who was stolen from is told with the next change', async () => {
  await start()
  await ann.lock('a')
  await bob.unlock('a', { steal: true })
  await expect(ann.put('a', 'x')).rejects.toMatchObject({
    ...stale,
    message: expect.stringMatching(/bob@desk stole the lock of it at 2\S+Z from /),
  })
  expect(cluster.coordinator.log.all('lock stolen')).toMatchObject([
    { client: 'bob@desk', path: 'a', holder: 'ann@laptop' },
  ])
  const peer = await cluster.dial('server1')
  const logged = peer.ask('LOG', { path: wholeTree, sinceSeq: null, last: null, follow: false })
  const told = (await logged.ended()).all('LOGGED').flatMap(({ operations }) => operations)
  expect(told.map(({ type, path, client }) => [type, path, client])).toEqual([
    ['lock', 'a', 'ann@laptop'],
    ['unlock', 'a', 'bob@desk'],
  ])
  for (const { root, store } of [cluster.coordinator, ...cluster.replicas]) {
    await until(() => store.settler.settledSeq >= told[1]!.seq, 'its record')
    await store.flush()
    const lines = readFileSync(join(root, '.concur/log.json'), 'utf8').trim().split('\n')
    expect(lines.map(line => JSON.parse(line))).toMatchObject([
      { type: 'lock', path: 'a', client: 'ann@laptop', holder: 'ann@laptop', ttlMs: 60_000 },
      { type: 'unlock', path: 'a', client: 'bob@desk', how: 'stolen', token: told[0]!.seq },
    ])
  }
})

test('a lock that is sent again is made once, also after a restart of the coordinator', async () => {
  await start()
  const request = { operation: operationOf(1), path: parsePath('a'), ttlMs: 60_000, waitMs: 0, token: null }
  const ask = async () => {
    const peer = await cluster.dial('server1')
    return (await peer.ask('LOCK', request).ended()).only('LOCK_IS')
  }
  const { token } = (await ask()).lease!
  const { seq } = coordinatorJournal().last
  expect((await ask()).lease!.token).toBe(token)
  expect(coordinatorJournal().last.seq).toBe(seq)
  await restart('server1')
  clients()
  expect((await ask()).lease!.token).toBe(token)
  const locks = coordinatorJournal()
    .readAfter(0, 1e6)
    .filter(({ record }) => record.change.type === 'lock')
  expect(locks).toHaveLength(1)
  const unlock = { operation: operationOf(2), path: parsePath('a'), steal: false, token: null }
  const peer = await cluster.dial('server1')
  for (const _ of [1, 2])
    expect((await peer.ask('UNLOCK', unlock).ended()).only('LOCK_IS').state).toBe('free')
  expect((await peer.ask('LOCK', request).ended()).error).toMatchObject({ code: 'STALE_TOKEN' })
})

test('who waits is granted it when it is free, in the order of coming; who is gone is not', async () => {
  await start()
  await ann.lock('a')
  const gone = await cluster.dial('server1', { clientId: 'gone@home' as never })
  const request = {
    operation: operationOf(9),
    path: parsePath('a'),
    ttlMs: 60_000,
    waitMs: 60_000,
    token: null,
  }
  const left = gone.ask('LOCK', request)
  const first = bob.lock('a', { waitMs: 60_000 })
  const carl = cluster.client('server1', 'carl@office')
  await bob.check('a')
  const second = carl.lock('a', { waitMs: 60_000 })
  await carl.check('a')
  left.stream.cancel()
  await gone.ask('CHECK', { path: parsePath('a') }).ended()
  await ann.unlock('a')
  const { lease } = await first
  expect(lease).toMatchObject({ holder: 'bob@desk' })
  expect((await carl.check('a')).lease).toEqual(expect.objectContaining({ holder: 'bob@desk' }))
  await bob.unlock('a')
  expect((await second).lease!.token).toBeGreaterThan(lease!.token)
})

test('who has waited long enough is refused, and one that ends waits no longer', async () => {
  await start()
  await ann.lock('a', { ttlMs: 2_000 })
  await expect(bob.lock('a', { waitMs: 20 })).rejects.toMatchObject(locked())
  expect((await bob.lock('a', { waitMs: 10_000 })).lease).toMatchObject({ holder: 'bob@desk' })
})

test('a lock needs as many nodes as the coordinator wants', async () => {
  await start({ coordinator: { ack: 'all' } })
  await ann.lock('a')
  cluster.cut('server2')
  await cluster.untilState(['server2'], 'down')
  await expect(ann.lock('b')).rejects.toMatchObject({ code: 'UNREACHABLE' })
  await expect(ann.unlock('a')).rejects.toMatchObject({ code: 'UNREACHABLE' })
  expect((await ann.check('a')).state).toBe('mine')
})

test('through a replica it is the same, and says so; without its coordinator nothing is promised', async () => {
  await start({ replicas: 2 })
  const far = cluster.client('server2', 'ann@laptop')
  const { lease } = await far.lock('a')
  expect(lease).toMatchObject({ holder: 'ann@laptop', from: 'server2' })
  await expect(bob.put('a', 'x')).rejects.toMatchObject({ message: expect.stringMatching(/from server2$/) })
  await far.put('a', 'mine')
  await cluster.stop('server1')
  const alone = cluster.client('server3', 'ann@laptop')
  await expect(alone.check('a')).rejects.toMatchObject({ code: 'UNREACHABLE' })
  await expect(alone.lock('a')).rejects.toMatchObject({ code: 'UNREACHABLE' })
  await expect(alone.unlock('a')).rejects.toMatchObject({ code: 'UNREACHABLE' })
  await cluster.restart('server1')
})

test('status tells what is held', async () => {
  await start()
  await ann.lock('b')
  await bob.lock('a', { ttlMs: 30_000 })
  const { locks } = await ann.status()
  expect(locks.map(({ path, holder }) => [path, holder])).toEqual([
    ['a', 'bob@desk'],
    ['b', 'ann@laptop'],
  ])
  expect(locks[0]!.expiresInMs).toBeLessThanOrEqual(30_000)
  expect(locks[0]!.expiresInMs).toBeGreaterThan(20_000)
})

test('status tells as many locks as there is room for, the first ones by their paths', async () => {
  await start()
  const long = (n: number) => [`${n + 10}`, ...Array(16).fill('x'.repeat(250))].join('/')
  for (let n = 0; n < 20; n++) await ann.lock(long(n))
  const { locks } = await ann.status()
  expect(locks.map(({ path }) => path)).toEqual(locks.map((_, n) => long(n)))
  expect(locks.length).toBeGreaterThan(10)
  expect(locks.length).toBeLessThan(20)
})

describe('a lock is held still, and its token counts,', () => {
  /** Whether the lock of `a` is ann's, with this token, and bob's earlier one of `b` is known to be stale. */
  async function expectKept(token: number, older: number): Promise<void> {
    clients()
    expect(await tokenOf('a')).toBe(token)
    await expect(bob.put('a', 'x')).rejects.toMatchObject(locked())
    await ann.put('a', 'still mine', { fence: token })
    await expect(bob.put('b', 'late', { fence: older })).rejects.toMatchObject(stale)
  }

  async function locks(): Promise<[number, number]> {
    const older = (await bob.lock('b')).lease!.token
    await bob.unlock('b')
    await ann.lock('b')
    await ann.unlock('b')
    return [(await ann.lock('a')).lease!.token, older]
  }

  test('when the coordinator was restarted, with its whole time anew', async () => {
    await start()
    const [token, older] = await locks()
    await restart('server1')
    await expectKept(token, older)
    await restart('server1')
    await expectKept(token, older)
    expect((await ann.check('a')).lease!.expiresInMs).toBeGreaterThan(55_000)
  })

  test('when a replica was restarted, or has caught up', async () => {
    await start()
    await restart('server2')
    const [token, older] = await locks()
    await restart('server2')
    await expectKept(token, older)
    cluster.cut('server2')
    await cluster.untilState(['server2'], 'down')
    await ann.lock('c')
    cluster.mend('server2')
    await cluster.settled()
    await expectKept(token, older)
    expect((await ann.check('c')).state).toBe('mine')
  })

  test('when the coordinator was lost, and goes on from the journal of a replica', async () => {
    const config: { acceptJournal?: NodeName } = {}
    await start({ coordinator: config })
    const [token, older] = await locks()
    await cluster.atRest()
    await cluster.stop('server1')
    loseRoot('server1')
    config.acceptJournal = 'server2' as NodeName
    await cluster.restart('server1')
    await cluster.settled()
    await expectKept(token, older)
  })

  test('when a snapshot of the coordinator was restored that did not have it yet', async () => {
    const config: { acceptJournal?: NodeName } = {}
    await start({ coordinator: config })
    await cluster.atRest()
    await cluster.stop('server1')
    const snapshot = snapshotOf('server1')
    await cluster.restart('server1')
    await cluster.settled()
    clients()
    const [token, older] = await locks()
    await cluster.stop('server1')
    restore('server1', snapshot)
    config.acceptJournal = 'server2' as NodeName
    await cluster.restart('server1')
    await cluster.settled()
    await expectKept(token, older)
  })

  test('when a snapshot of a replica was restored that did not have it yet', async () => {
    await start()
    await cluster.atRest()
    await cluster.stop('server2')
    const snapshot = snapshotOf('server2')
    await cluster.restart('server2')
    await cluster.settled()
    const [token, older] = await locks()
    await cluster.stop('server2')
    restore('server2', snapshot)
    await cluster.restart('server2')
    await cluster.settled()
    await expectKept(token, older)
  })

  test('when the journal has gone on far past it, on every node, and one was told what paths are instead', async () => {
    await start({ segmentBytes: 16 * 1024, coordinator: { journalKeep: 6 } })
    const { token } = (await ann.lock('a')).lease!
    cluster.cut('server2')
    await cluster.untilState(['server2'], 'down')
    const { seq } = cluster.node('server2').store.journal.last
    for (let n = 0; coordinatorJournal().begin.seq <= seq; n++) {
      await bob.put('filling', `${n} ${'x'.repeat(3000)}`)
      await cluster.coordinator.store.flush()
    }
    expect(coordinatorJournal().begin.seq).toBeGreaterThan(token)
    cluster.mend('server2')
    await cluster.atRest()
    expect(cluster.node('server2').store.journal.begin.seq).toBeGreaterThan(token)
    await restart('server1')
    clients()
    expect(await tokenOf('a')).toBe(token)
    await ann.put('a', 'still mine', { fence: token })
    for (const { store } of [cluster.coordinator, ...cluster.replicas]) {
      const { locks, operationsAfterSeq } = readPast(store.journal, resultsKeptMax)
      const table = new LockTable({ keptMax: 10 })
      table.restart(operationsAfterSeq, locks)
      expect(table.leaseOf(parsePath('a'))).toMatchObject({ token, holder: 'ann@laptop' })
    }
  })
})
