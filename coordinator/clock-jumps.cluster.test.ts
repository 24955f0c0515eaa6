/** Wall clocks that jump, on every node and on one: history stays, is told as before, and nothing is pruned. */
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { FakeTime } from '../fixtures/fake-time.ts'
import { historyOf } from '../replica/store/changes.fixture.ts'

const hour = 3_600_000
const day = 24 * hour

let time: FakeTime
let cluster: Cluster

beforeEach(async () => {
  time = new FakeTime()
  cluster = await startCluster({ replicas: 2, time, coordinator: { historyMs: 30 * day } })
  await cluster.settled()
})

afterEach(() => cluster.close())

const names = ['server1', 'server2', 'server3']
const kept = () => names.map(name => Object.values(historyOf(cluster.node(name).root)).sort())

/** In parts: heartbeats go on. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 60_000) await time.pass(Math.min(left, 60_000))
}

async function writeTwice(): Promise<void> {
  const client = cluster.client()
  await client.put('a', 'one')
  await client.put('a', 'two')
  await client.rm('a')
  await time.pass(2_000)
}

test.each([hour, day, 365 * day])('of %d ms, there and back', async ms => {
  await writeTwice()
  await pass(0.5 * hour)
  const before = await cluster.client().history('a')
  expect(before.contents.map(({ nodes }) => nodes)).toEqual([names, names])
  for (const byMs of [ms, -ms, -ms, ms]) {
    time.jumpWallClock(byMs)
    await pass(0.2 * hour)
  }
  expect(kept()).toEqual(names.map(() => ['one', 'two']))
  const after = await cluster.client().history('a')
  expect(after.contents.map(({ digest, nodes }) => [digest, nodes])).toEqual(
    before.contents.map(({ digest, nodes }) => [digest, nodes]),
  )
  const left = after.contents.map(({ untilMs }) => (untilMs! - time.nowMs()) / day)
  for (const days of left) expect([days > 29, days <= 30]).toEqual([true, true])
  for (const name of names) expect(cluster.node(name).log.all('history pruned')).toEqual([])
})

test('of one node alone, which starts again with it', async () => {
  await writeTwice()
  for (const name of ['server2', 'server3', 'server1']) {
    await cluster.stop(name)
    time.jumpWallClock(365 * day)
    await cluster.restart(name)
    time.jumpWallClock(-365 * day)
    await pass(20_000)
    await cluster.settled()
    await pass(0.25 * hour)
  }
  expect(kept()).toEqual(names.map(() => ['one', 'two']))
})
