/** EXAMINE in a whole cluster: every node says its own condition, at whichever of them it is asked. */
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { until } from '../fixtures/until.ts'

let cluster: Cluster
beforeEach(async () => {
  cluster = await startCluster({
    replicas: 2,
    trees: { server1: { a: 'one' }, server2: { a: 'one' }, server3: { a: 'one' } },
  })
  await cluster.settled()
})
afterEach(() => cluster.close())

const names = ['server1', 'server2', 'server3']

test('every node tells its condition, coordinator first, asked at the coordinator or at a replica', async () => {
  for (const at of ['server1', 'server3']) {
    const { nodes } = await cluster.client(at).examine()
    expect(nodes.map(({ node }) => node)).toEqual(names)
    expect(nodes.map(({ reason }) => reason)).toEqual([null, null, null])
    const [first, ...others] = nodes.map(({ condition }) => condition!)
    expect(first).toMatchObject({ version: '1.2.3', deepVerifiedMs: null })
    expect(Math.abs(first!.nowMs - Date.now())).toBeLessThan(60_000)
    // All of them lie in one folder.
    for (const other of others)
      expect(other).toMatchObject({ disk: first!.disk, fileSystem: first!.fileSystem })
  }
})

test('a node that is away has a reason instead, and the others are asked all the same', async () => {
  await cluster.stop('server2')
  const client = cluster.client()
  await until(async () => (await client.status()).replicas[0]!.state === 'down', 'server2 is down')
  const { nodes } = await client.examine()
  expect(nodes.map(({ condition }) => condition !== null)).toEqual([true, false, true])
  expect(nodes[1]!.reason).toMatch(/^(is not connected|could not be reached)/)
})

test('a replica without a coordinator tells of itself alone', async () => {
  await cluster.stop('server1')
  const { nodes } = await cluster.client('server2').examine()
  expect(nodes.map(({ condition }) => condition !== null)).toEqual([false, true, false])
  expect(nodes.map(({ reason }) => reason === null)).toEqual([false, true, false])
})

test('when all of it was compared byte for byte, and only then, the coordinator remembers it', async () => {
  const client = cluster.client()
  const told = async () =>
    (await client.examine()).nodes.map(({ condition }) => condition?.deepVerifiedMs ?? null)
  await client.verify('')
  await client.verify('a', { deep: true })
  expect(await told()).toEqual([null, null, null])
  await client.verify('', { deep: true })
  const [first, ...others] = await told()
  expect(Math.abs(first! - Date.now())).toBeLessThan(60_000)
  expect(others).toEqual([null, null])
  await cluster.stop('server3')
  await until(async () => (await client.status()).replicas[1]!.state === 'down', 'server3 is down')
  await client.verify('', { deep: true })
  expect((await told())[0]).toBe(first)
})
