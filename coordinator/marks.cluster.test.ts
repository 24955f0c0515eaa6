/** What each node finds on its own disk, as the status shows it. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { until } from '../fixtures/until.ts'
import type { Status } from '../protocol/messages.ts'
import { InotifyWatcher } from '../replica/store/lookout/inotify-watcher.ts'

let cluster: Cluster
let client: ReturnType<Cluster['client']>

beforeEach(async () => {
  cluster = await startCluster({ replicas: 2, replica: { heartbeatMs: 20 } })
  for (const node of [...cluster.replicas, cluster.coordinator]) {
    await node.stop()
    node.newWatcher = () => new InotifyWatcher()
  }
  await cluster.start()
  await cluster.atRest()
  client = cluster.client()
})

afterEach(() => cluster.close())

async function statusWhen(holds: (status: Status) => boolean, what: string): Promise<Status> {
  let last: Status | null = null
  const ask = async (): Promise<void> => {
    while (last === null || !holds(last)) last = await client.status()
  }
  let isAsked = false
  void ask().then(() => {
    isAsked = true
  })
  await until(() => isAsked, what)
  return last!
}

const marksOf = ({ coordinator, replicas }: Status) => [coordinator, ...replicas].map(({ marks }) => marks)

test('an edit on any node shows in the status, and a path that two nodes have otherwise is one conflict', async () => {
  for (const path of ['a', 'b', 'c']) await client.put(path, 'one')
  expect((await client.status()).conflicts).toBe(0)
  cluster.write('server1', 'a', 'two')
  cluster.write('server2', 'a', 'three')
  cluster.write('server2', 'b', 'two')
  rmSync(join(cluster.node('server3').root, 'c'))
  const status = await statusWhen(one => marksOf(one).join() === '1,2,1', 'the marks 1,2,1')
  expect(status.conflicts).toBe(3)
})

test('a conflict is over when a change has settled it', async () => {
  await client.put('a', 'one')
  cluster.write('server3', 'a', 'two')
  await statusWhen(({ conflicts }) => conflicts === 1, 'one conflict')
  await client.put('a', 'three')
  await statusWhen(({ conflicts }) => conflicts === 0, 'no conflict')
})

test('a node that has lost too much at once says so in its row, and its copy is compared as it is', async () => {
  for (let at = 0; at < 60; at++) await client.put(`${at}`, 'one')
  await client.put('other', 'one')
  for (const { lookout } of [cluster.coordinator, ...cluster.replicas]) {
    lookout.scanNow()
    await lookout.atRest()
  }
  for (let at = 0; at < 60; at++) cluster.remove('server2', `${at}`)
  cluster.node('server2').lookout.scanNow()
  const status = await statusWhen(({ replicas }) => replicas[0]!.held !== null, 'a copy that is held')
  expect(status.replicas[0]).toMatchObject({ state: 'up', fenced: null, marks: 60 })
  expect(status.replicas[0]!.held).toMatch(/^60 of 61 files vanished or changed on this disk/)
  expect(status.replicas[1]!.held).toBeNull()
  expect(cluster.node('server2').log.all('the copy is held')).toHaveLength(1)
  expect((await client.get('7')).verdict).toMatchObject({ verdict: 'SINGLE_FILE', missing: ['server2'] })
  expect(await client.put('other', 'two')).toMatchObject({ applied: ['server1', 'server2', 'server3'] })
})

test('a replica whose root was emptied takes no changes, and is named with the reason', async () => {
  await client.put('a', 'one')
  await client.put('b', 'one')
  cluster.remove('server2', 'a')
  cluster.remove('server2', 'b')
  cluster.node('server2').lookout.scanNow()
  const status = await statusWhen(({ replicas }) => replicas[0]!.fenced !== null, 'a fenced replica')
  expect(status.replicas[0]!.fenced).toMatch(/^the root is empty, though the journal put files there: /)
  expect(await client.put('a', 'two')).toMatchObject({
    applied: ['server1', 'server3'],
    behind: [{ node: 'server2' }],
  })
  expect((await client.get('b')).verdict).toMatchObject({ missing: ['server2'] })
})

test('a coordinator whose root was emptied refuses changes, and says why', async () => {
  await client.put('a', 'one')
  await client.put('b', 'one')
  cluster.remove('server1', 'a')
  cluster.remove('server1', 'b')
  cluster.coordinator.lookout.scanNow()
  const status = await statusWhen(({ coordinator }) => coordinator.state !== 'serving', 'a refusal')
  expect(status.coordinator).toMatchObject({
    state: 'refusing-changes',
    reason: expect.stringMatching(/^the coordinator takes no changes: the root is empty/),
  })
  await expect(client.put('a', 'two')).rejects.toMatchObject({ code: 'READ_ONLY' })
})
