import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { fileCopy } from '../fixtures/scripted-node.ts'
import { until } from '../fixtures/until.ts'
import type { ClusterId, NodeName } from '../protocol/ids.ts'
import { type FilePath, wholeTree } from '../protocol/path.ts'

const path = 'a.txt' as FilePath
const read = { path, deep: false, bodies: 'all', from: null, lastOp: false } as const

let time: FakeTime
let cluster: Cluster

afterEach(() => cluster.close())

describe('the start', () => {
  test('ends when every first dial has ended, whatever came of it', async () => {
    time = new FakeTime()
    const replicas = [{ name: 'server2' as NodeName, address: { host: '127.0.0.1', port: 7000 } }]
    cluster = await startCluster({ time, replicas: 0, coordinator: { replicas } })
    const { error, unreachable } = (await cluster.client().get('a.txt')).verdict
    expect(error).toMatchObject({ code: 'UNREACHABLE' })
    expect(unreachable).toEqual(['server2'])
    expect(time.monotonicMs()).toBe(0)
  })

  test('waits for a replica that says nothing for one second', async () => {
    time = new FakeTime()
    let isStarted = false
    cluster = await startCluster({ time })
    await cluster.stop('server1')
    cluster.silence('server2')
    const { dials } = cluster.network
    const before = dials.length
    const started = cluster.restart('server1').then(() => {
      isStarted = true
    })
    await until(() => dials.length > before, 'the first dial')
    await time.pass(999)
    expect(isStarted).toBe(false)
    await time.pass(1)
    await started
    cluster.wake('server2')
  })

  test('needs no replica, and leaves no timer of its own', async () => {
    time = new FakeTime()
    cluster = await startCluster({ time, replicas: 0, trees: { server1: { 'a.txt': 'x' } } })
    await turns(20)
    // Those that are left are of the next count of files, and of the watch over replicas.
    expect(time.timerCount).toBeLessThanOrEqual(2)
    const client = cluster.client()
    expect((await client.get('a.txt')).verdict).toMatchObject({
      verdict: 'SINGLE_FILE',
      missing: [],
      unreachable: [],
    })
    expect((await client.get('b.txt')).verdict.error).toEqual({
      code: 'NOT_FOUND',
      message: 'not on server1',
    })
    expect((await client.ls()).marks).toEqual(['= a.txt'])
    expect((await client.status()).replicas).toEqual([])
    expect(await cluster.text('server1', 'a.txt\n')).toBe('SINGLE_FILE|x')
  })

  test('on a taken port is refused with the system’s reason', async () => {
    cluster = await startCluster({ replicas: 0 })
    await cluster.stop('server1')
    const taken = await cluster.network.of('other').listen(cluster.address('server1'), () => {})
    await expect(cluster.restart('server1')).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'listen' })
    await taken.close()
  })
})

describe('who connects', () => {
  beforeEach(async () => {
    cluster = await startCluster({ trees: { server1: { 'a.txt': 'x' } }, coordinator: { connectionsMax: 3 } })
  })

  test('is told the coordinator’s name, ids and members', async () => {
    const { acceptor } = await cluster.dial('server1')
    expect(acceptor).toMatchObject({
      role: 'coordinator',
      name: 'server1',
      nodeId: cluster.coordinator.store.nodeId,
      clusterId: expect.stringMatching(/^[0-9a-f]{32}$/),
      listenPort: 6001,
      members: ['server1', 'server2'],
    })
  })

  test('as another coordinator is turned away', async () => {
    const { closed } = await cluster.dial('server1', { role: 'coordinator', name: 'server9' as NodeName })
    expect(closed).toMatchObject({ code: 'FORBIDDEN', message: 'is a coordinator itself' })
  })

  test.each(['client', 'relay', 'replica'] as const)(
    'as a %s may not ask what a coordinator asks its replicas',
    async role => {
      const peer = await cluster.dial('server1', { role })
      const questions = [
        peer.ask('LOOK', { path, deep: false, settledSeq: 0 }),
        peer.ask('FETCH', { path, digest: fileCopy('x').digest, blocks: null }),
        peer.ask('WALK', { path: wholeTree, recursive: true, buckets: null }),
        peer.ask('SUM', { path: wholeTree, deep: false }),
      ]
      for (const answer of questions) expect((await answer.ended()).error?.code).toBe('FORBIDDEN')
    },
  )

  test('as a replica may not read', async () => {
    const peer = await cluster.dial('server1', { role: 'replica' })
    expect((await peer.ask('READ', read).ended()).error?.code).toBe('FORBIDDEN')
  })

  test('beyond the cap is told BUSY', async () => {
    for (let peer = 0; peer < 3; peer++) await cluster.dial('server1')
    expect((await cluster.dial('server1')).closed).toMatchObject({ code: 'BUSY' })
    expect(await cluster.text('server1', 'a.txt\n')).toBe('ERROR|3 connections are open already')
  })
})

describe('a replica', () => {
  test('of another cluster is down with that reason, and counts for nothing', async () => {
    cluster = await startCluster({ trees: { server1: { 'a.txt': 'x' }, server2: { 'a.txt': 'y' } } })
    await cluster.settled()
    const before = cluster.coordinator.store.clusterId
    await cluster.stop('server1')
    cluster.remove('server1', '.concur')
    await cluster.restart('server1')
    const after = cluster.coordinator.store.clusterId
    const client = cluster.client()
    const reason = `belongs to cluster ${before}, not to ${after}`
    expect((await client.status()).replicas[0]).toMatchObject({ state: 'down', reason })
    expect((await client.get('a.txt')).verdict).toMatchObject({
      verdict: 'SINGLE_FILE',
      details: [{ node: 'server2', reason }],
    })
  })

  test('that takes the cluster’s id at its first link keeps it over a restart', async () => {
    cluster = await startCluster()
    await cluster.settled()
    const id: ClusterId | null = cluster.coordinator.store.clusterId
    expect(cluster.node('server2').store.clusterId).toBe(id)
    await cluster.stop('server2')
    await cluster.restart('server2')
    expect(cluster.node('server2').store.clusterId).toBe(id)
    await cluster.settled()
  })

  test('that comes back is asked again', async () => {
    time = new FakeTime()
    cluster = await startCluster({ time, trees: { server1: { 'a.txt': 'x' }, server2: { 'a.txt': 'y' } } })
    const client = cluster.client()
    await cluster.stop('server2')
    await turns(5)
    expect((await client.get('a.txt')).verdict).toMatchObject({
      verdict: 'SINGLE_FILE',
      unreachable: ['server2'],
    })
    await cluster.restart('server2')
    await time.pass(1_000)
    expect((await client.get('a.txt')).verdict).toMatchObject({ verdict: 'DIFFERENT_FILES', unreachable: [] })
  })
})

describe('the end', () => {
  test('tells every client, lets every request go, and leaves no timer and no connection', async () => {
    time = new FakeTime()
    const large = Buffer.alloc(3_000_000)
    cluster = await startCluster({
      time,
      trees: { server1: { big: large, hashed: large }, server2: { big: large } },
    })
    let goOn: () => void = () => {}
    const peer = await cluster.dial('server1')
    const sending = peer.ask('READ', { ...read, path: 'big' as FilePath }, { isReading: false })
    await sending.until(({ bytesHeard }) => bytesHeard > 500_000, 'bytes')
    cluster.coordinator.hasher.before = () =>
      new Promise(resolve => {
        goOn = resolve
      })
    const hashing = peer.ask('READ', { ...read, path: 'hashed' as FilePath })
    await until(() => cluster.coordinator.hasher.hashed === 2, 'the hash to begin')
    const stopped = cluster.stop('server1')
    await turns(5)
    goOn()
    await stopped
    const stops = { code: 'UNREACHABLE', message: 'the coordinator stops' }
    for (const answer of [sending, hashing]) expect((await answer.ended()).error).toMatchObject(stops)
    await until(() => peer.closed !== null, 'the connection to be closed')
    expect(peer.closed).toMatchObject(stops)
    await expect(cluster.dial('server1')).rejects.toThrow('connection refused')
    await cluster.close()
    await time.pass(2_000)
    expect(time.timerCount).toBe(0)
    expect(cluster.network.connectionCount).toBe(0)
    expect([cluster.coordinator.disk.open.size, cluster.node('server2').disk.open.size]).toEqual([0, 0])
  })
})
