import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { FakeTime } from '../fixtures/fake-time.ts'
import { until } from '../fixtures/until.ts'

let cluster: Cluster
let time: FakeTime

beforeEach(async () => {
  time = new FakeTime()
  const trees = { server1: { a: 'x' }, server2: { a: 'xx', b: 'yy' } }
  cluster = await startCluster({ replicas: 2, trees, time })
  await until(() => cluster.replicas.every(({ log }) => log.all('link').length === 1), 'the links')
  await cluster.atRest()
  await time.pass(100)
})

afterEach(() => cluster.close())

/** The term's beginning, and a record for each replica that joined. */
const beginning = { epoch: 1, seq: 3 }
const scanned = {
  scanAgeMs: expect.any(Number),
  marks: 0,
  held: null,
  unwatched: null,
  certificateEndsMs: null,
}
const upToDate = { epoch: 1, appliedSeq: 3, lagOps: 0, lagMs: 0, rolledBack: false, fenced: null }

test('shows the coordinator and every replica in the configured order, and how far each is', async () => {
  // The journal is on a real disk, which knows nothing of a test's time.
  const client = cluster.client()
  for (let seq: number | null = null; seq !== beginning.seq; ) {
    await time.pass(1_000)
    ;({ seq } = (await client.status()).coordinator)
  }
  await time.pass(1_000)
  expect(await client.status()).toEqual({
    conflicts: 0,
    locks: [],
    coordinator: {
      ...beginning,
      ...scanned,
      name: 'server1',
      address: '127.0.0.1:6001',
      state: 'serving',
      reason: null,
      files: 1,
      bytes: 1,
      diskFreeBytes: expect.any(Number),
    },
    replicas: [
      {
        ...upToDate,
        ...scanned,
        name: 'server2',
        address: '127.0.0.1:6002',
        state: 'up',
        reason: null,
        lastHeartbeatMs: expect.any(Number),
        files: 2,
        bytes: 4,
        diskFreeBytes: expect.any(Number),
      },
      {
        ...upToDate,
        ...scanned,
        name: 'server3',
        address: '127.0.0.1:6003',
        state: 'up',
        reason: null,
        lastHeartbeatMs: expect.any(Number),
        files: 0,
        bytes: 0,
        diskFreeBytes: expect.any(Number),
      },
    ],
  })
})

test('shows a replica that falls silent as suspect and then as down, with the age of its last heartbeat', async () => {
  const client = cluster.client()
  const replica = async () => (await client.status()).replicas[0]!
  cluster.silence('server2')
  await time.pass(4_000)
  const suspect = await replica()
  expect(suspect).toMatchObject({
    state: 'suspect',
    reason: expect.stringMatching(/^has been silent for [0-9.]+ s$/),
  })
  expect(suspect.lastHeartbeatMs).toBeGreaterThan(3_000)
  await time.pass(7_000)
  expect(await replica()).toMatchObject({ state: 'down', files: 2 })
  cluster.wake('server2')
  await time.pass(6_000)
  await cluster.settled('server2')
  expect(await replica()).toMatchObject({ state: 'up', reason: null })
})

test('shows a silent replica that a change came past as catching up, and why', async () => {
  const client = cluster.client()
  cluster.silence('server2')
  await time.pass(4_000)
  const { behind } = await client.put('new', 'bytes')
  expect(behind).toMatchObject([{ node: 'server2' }])
  expect((await client.status()).replicas[0]).toMatchObject({
    state: 'catching-up',
    reason: expect.stringMatching(/^has been silent for [0-9.]+ s$/),
  })
})

test('shows why a replica is down', async () => {
  cluster.cut('server3')
  await time.pass(500)
  const [, replica] = (await cluster.client().status()).replicas
  expect(replica).toMatchObject({ state: 'down', reason: 'could not be reached (no route to the host)' })
})

test('is one line in the log', async () => {
  await cluster.client().status()
  expect(cluster.coordinator.log.all('request')).toMatchObject([{ client: 'tester@here', op: 'status' }])
})
