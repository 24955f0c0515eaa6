import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { heartbeatOf } from '../fixtures/message-bodies.ts'
import { until } from '../fixtures/until.ts'
import type { ClusterId, NodeName } from '../protocol/ids.ts'
import { streamsPerConnectionMax } from '../protocol/limits.ts'
import { type FilePath, wholeTree } from '../protocol/path.ts'

const path = 'a.txt' as FilePath
const read = { path, deep: false, bodies: 'all', from: null, lastOp: false } as const

/** A replica that the test links itself. */
let cluster: Cluster
let time: FakeTime

const coordinator = {
  role: 'coordinator',
  name: 'server1' as NodeName,
  clusterId: '0123456789abcdef0123456789abcdef' as ClusterId,
  listenPort: 7_777,
  members: ['server1', 'server2', 'server3'] as NodeName[],
} as const

beforeEach(async () => {
  time = new FakeTime()
  const server2 = { 'a.txt': 'x' }
  cluster = await startCluster({
    time,
    trees: { server2 },
    coordinator: { replicas: [] },
    replica: { connectionsMax: 4 },
  })
})

afterEach(() => cluster.close())

describe('a coordinator’s link', () => {
  test('is told who the replica is, and hears a heartbeat behind the HELLO and each second', async () => {
    const link = await cluster.dial('server2', coordinator)
    expect(link.acceptor).toMatchObject({
      role: 'replica',
      name: 'server2',
      nodeId: cluster.node('server2').store.nodeId,
      listenPort: 6002,
    })
    await until(() => link.heartbeats.length === 1, 'a heartbeat')
    await time.pass(3_000)
    expect(link.heartbeats).toHaveLength(4)
    expect(link.heartbeats.at(-1)).toEqual({
      ...heartbeatOf({ files: 1, bytes: 1, marks: 0, scanAgeMs: 3_000 }),
      diskFreeBytes: expect.any(Number),
    })
  })

  test('gives the cluster’s id and the members’ names, which stay', async () => {
    await cluster.dial('server2', coordinator)
    const { store } = cluster.node('server2')
    expect([store.clusterId, store.members()]).toEqual([coordinator.clusterId, coordinator.members])
    await cluster.stop('server2')
    await cluster.restart('server2')
    const after = cluster.node('server2').store
    expect([after.clusterId, after.members()]).toEqual([coordinator.clusterId, coordinator.members])
  })

  test('of another cluster is refused, and changes nothing', async () => {
    await cluster.dial('server2', coordinator)
    const clusterId = 'f'.repeat(32) as ClusterId
    const members = ['server9', 'server2'] as NodeName[]
    const { closed } = await cluster.dial('server2', { ...coordinator, clusterId, members })
    expect(closed).toMatchObject({
      code: 'WRONG_CLUSTER',
      message: `belongs to cluster ${coordinator.clusterId}, not to ${clusterId}`,
    })
    expect(cluster.node('server2').store.members()).toEqual(coordinator.members)
  })

  test('may be a second one while the first is not known to be lost: both are served', async () => {
    const first = await cluster.dial('server2', coordinator)
    const second = await cluster.dial('server2', coordinator)
    expect(second.closed).toBe(null)
    await until(() => second.heartbeats.length > 0, 'a heartbeat')
    for (const link of [first, second])
      expect(
        (await link.ask('LOOK', { path, deep: false, settledSeq: 0 }).ended()).only('COPY').copy,
      ).toMatchObject({
        is: 'file',
      })
    first.close()
    await time.pass(1_000)
    expect(second.heartbeats.length).toBeGreaterThanOrEqual(2)
  })

  test('is never BUSY, however many clients there are and however much it asks', async () => {
    for (let client = 0; client < 4; client++) await cluster.dial('server2')
    expect((await cluster.dial('server2')).closed?.code).toBe('BUSY')
    const link = await cluster.dial('server2', coordinator)
    expect(link.closed).toBe(null)
    const answers = Array.from({ length: 2 * streamsPerConnectionMax }, () =>
      link.ask('LOOK', { path, deep: false, settledSeq: 0 }),
    )
    for (const answer of answers) expect((await answer.ended()).error).toBe(null)
  })

  test('may not ask what clients ask', async () => {
    const link = await cluster.dial('server2', coordinator)
    for (const answer of [link.ask('READ', read), link.ask('STATUS', {})])
      expect((await answer.ended()).error?.code).toBe('FORBIDDEN')
  })
})

describe('others', () => {
  test.each(['relay', 'replica'] as const)('as a %s are turned away', async role => {
    const { closed } = await cluster.dial('server2', { role })
    expect(closed).toMatchObject({ code: 'NOT_COORDINATOR', message: 'server2 is a replica' })
  })

  test('as a client may not ask about the one copy', async () => {
    const peer = await cluster.dial('server2')
    const questions = [
      peer.ask('LOOK', { path, deep: false, settledSeq: 0 }),
      peer.ask('WALK', { path: wholeTree, recursive: true, buckets: null }),
      peer.ask('SUM', { path: wholeTree, deep: false }),
    ]
    for (const answer of questions) expect((await answer.ended()).error?.code).toBe('FORBIDDEN')
  })
})

test('where the coordinator announces to listen, at the address that its link comes from, is where clients are relayed', async () => {
  await cluster.dial('server2', coordinator)
  let dialled = 0
  const listening = await cluster.network
    .of('server1')
    .listen({ host: '127.0.0.1', port: 7_777 }, transport => {
      dialled++
      transport.destroy()
    })
  await cluster.client('server2').get('a.txt')
  expect(dialled).toBe(1)
  await listening.close()
})

test('the end tells links and clients, lets every request go, and leaves no timer and no connection', async () => {
  cluster.write('server2', 'big', Buffer.alloc(8_000_000))
  const link = await cluster.dial('server2', coordinator)
  const client = await cluster.dial('server2')
  await client.ask('READ', read).ended()
  let goOn: () => void = () => {}
  cluster.node('server2').hasher.before = () =>
    new Promise(resolve => {
      goOn = resolve
    })
  const asked = link.ask('LOOK', { path: 'big' as FilePath, deep: false, settledSeq: 0 })
  await until(() => cluster.node('server2').hasher.hashed === 1, 'the hash to begin')
  const stopped = cluster.stop('server2')
  await turns(5)
  goOn()
  await stopped
  const stops = { code: 'UNREACHABLE', message: 'the replica stops' }
  expect((await asked.ended()).error).toMatchObject(stops)
  await until(() => link.closed !== null && client.closed !== null, 'the connections to be closed')
  expect([link.closed, client.closed]).toMatchObject([stops, stops])
  await cluster.close()
  await time.pass(2_000)
  expect(time.timerCount).toBe(0)
  expect(cluster.network.connectionCount).toBe(0)
  expect(cluster.node('server2').disk.open.size).toBe(0)
})
