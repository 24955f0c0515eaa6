/** A cluster with keys, as those see it who hold one. Who holds none: unauthenticated.cluster.test.ts. */
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { dialerKey, ring } from '../fixtures/keys.ts'
import { changeOf } from '../fixtures/message-bodies.ts'
import { until } from '../fixtures/until.ts'
import type { NodeName } from '../protocol/ids.ts'
import { failedProofPauseMs } from '../protocol/limits.ts'
import { parsePath, wholeTree } from '../protocol/path.ts'

let cluster: Cluster

beforeEach(async () => {
  cluster = await startCluster({
    ring,
    replicas: 2,
    trees: { server1: { 'a.txt': 'one' }, server2: { 'a.txt': 'two' } },
  })
  await cluster.settled()
})

afterEach(() => cluster.close())

const path = parsePath('a.txt')
const operation = { nonce: '0123456789abcdef'.repeat(2) as never, counter: 1, floor: 0 }

test.each(['server1', 'server2'])(
  'a client with the client key reads and changes at %s as ever',
  async at => {
    const client = cluster.client(at, 'ann@laptop', dialerKey('client'))
    expect((await client.get('a.txt')).verdict.verdict).toBe('DIFFERENT_FILES')
    const done = await client.put('b.txt', 'both')
    expect(done.applied).toEqual(['server1', 'server2', 'server3'])
  },
)

test.each(['server1', 'server2'])(
  'what wants an admin is forbidden with the client key at %s, and done with the admin key',
  async at => {
    const requests = [
      ['UNLOCK', { operation, path, steal: true, token: null }],
      ['PRUNE', { path: wholeTree, olderMs: 0, seqMax: 1 }],
      [
        'CHANGE',
        changeOf({
          type: 'resolve',
          path,
          node: 'server1' as NodeName,
          from: null,
          executable: null,
          bytes: null,
          amongMany: true,
        }),
      ],
    ] as const
    const client = await cluster.dial(at, {}, dialerKey('client'))
    const admin = await cluster.dial(at, {}, dialerKey('admin'))
    for (const [opcode, body] of requests) {
      const refused = await client.ask(opcode, body as never).ended()
      expect([opcode, refused.error?.code, refused.error?.message]).toEqual([
        opcode,
        'FORBIDDEN',
        'this wants the admin key',
      ])
      const taken = await admin.ask(opcode, body as never).ended()
      expect([opcode, taken.error]).toEqual([opcode, null])
    }
  },
)

test('what is told before something is pruned, and one path resolved, wants no admin', async () => {
  const client = await cluster.dial('server1', {}, dialerKey('client'))
  const told = await client.ask('PRUNE', { path: wholeTree, olderMs: 0, seqMax: null }).ended()
  expect(told.error).toBeNull()
  const what = { type: 'resolve', path, node: 'server1' as NodeName, from: null, executable: null } as const
  const resolved = await client.ask('CHANGE', changeOf({ ...what, bytes: null, amongMany: false })).ended()
  expect(resolved.only('DONE').error).toBeNull()
})

test('a replica with another node key is down with that reason, and a client there is answered from the one copy', async () => {
  await cluster.close()
  const other = new Map(ring).set('node', 'z'.repeat(40))
  cluster = await startCluster({ ring, rings: { server2: other }, trees: { server2: { 'a.txt': 'two' } } })
  await cluster.untilState(['server2'], 'down')
  const client = cluster.client('server1', 'ann@laptop', dialerKey('client'))
  const [row] = (await client.status()).replicas
  expect(row).toMatchObject({ state: 'down', reason: 'the key is not the one of this server' })
  const there = cluster.client('server2', 'ann@laptop', dialerKey('client'))
  expect((await there.get('a.txt')).verdict.unreachable).toEqual(['coordinator'])
})

test('five failures slow an address down, are logged without what was shown, and lock nobody out', async () => {
  const stranger = dialerKey('client', { secret: 'guessed-'.repeat(5) })
  for (let i = 0; i < 7; i++) {
    const peer = await cluster.dial('server1', {}, stranger)
    expect(peer.closed?.code).toBe('UNAUTHENTICATED')
  }
  const lines = cluster.coordinator.log.lines.filter(({ message }) => message === 'turned away')
  expect(lines.map(({ fields }) => [fields.code, fields.slowedDown ?? false])).toEqual([
    ...Array(4).fill(['UNAUTHENTICATED', false]),
    ['UNAUTHENTICATED', true],
  ])
  expect(JSON.stringify(cluster.coordinator.log.lines)).not.toContain('guessed-')
  const beganAt = performance.now()
  const friend = await cluster.dial('server1', {}, dialerKey('client'))
  expect(friend.acceptor?.name).toBe('server1')
  expect(performance.now() - beganAt).toBeGreaterThanOrEqual(failedProofPauseMs - 20)
})

test('a coordinator that was told its replicas’ keys later is taken in again', async () => {
  await cluster.close()
  const wrong = new Map(ring).set('node', 'z'.repeat(40))
  cluster = await startCluster({ ring, rings: { server1: wrong } })
  await cluster.untilState(['server2'], 'down')
  await cluster.stop('server1')
  cluster.coordinator.ring = ring
  await cluster.restart('server1')
  await until(() => cluster.coordinator.log.lines.some(({ fields }) => fields.state === 'up'), 'a link')
})
