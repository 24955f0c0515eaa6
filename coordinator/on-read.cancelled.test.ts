/** Reads whose client is gone while a node is still asked. */
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { turns } from '../fixtures/fake-time.ts'
import { until } from '../fixtures/until.ts'
import type { FilePath } from '../protocol/path.ts'

const path = 'a' as FilePath

let cluster: Cluster

afterEach(() => cluster.close())

/** A cluster in which this node has a committed record of the path, and never settles it. */
async function startStuck(name: string): Promise<void> {
  cluster = await startCluster()
  await cluster.settled()
  await cluster.client().put('a', 'one')
  await cluster.atRest()
  const { settler } = cluster.node(name).store
  const { seqToSettle } = settler
  settler.seqToSettle = (asked, seq) => (asked === path ? seq + 1_000 : seqToSettle.call(settler, asked, seq))
}

const endings = () => cluster.coordinator.log.all('request').filter(({ op }) => op === 'read')

describe.each(['server1', 'server2'])('while %s waits for a record that it never settles', name => {
  test.each(['cancels', 'dies'])('a client that %s leaves nobody asked', async end => {
    await startStuck(name)
    const listeners = () =>
      (cluster.node(name).store.settler as unknown as { listeners: ReadonlySet<object> }).listeners.size
    const before = { listeners: listeners(), streams: cluster.node('server2').streamCount }
    const peer = await cluster.dial('server1')
    const answer = peer.ask('READ', { path, deep: false, bodies: 'all', from: null, lastOp: false })
    await until(() => listeners() > before.listeners, 'the waiting')
    if (end === 'cancels') answer.stream.cancel()
    else peer.close()
    await until(() => listeners() === before.listeners, 'the waiting to end')
    await until(() => cluster.node('server2').streamCount === before.streams, 'no question to be left')
    expect(endings()).toMatchObject([{ path: 'a', code: 'UNREACHABLE' }])
    expect(answer.all('VERDICT')).toEqual([])
    peer.close()
  })
})

test('a client that cancels while the bytes come has one line in the log, with the verdict', async () => {
  const large = Buffer.alloc(3 * 1024 * 1024, 'large')
  cluster = await startCluster({ trees: { server1: { a: large }, server2: { a: large } } })
  const peer = await cluster.dial('server1')
  const answer = peer.ask(
    'READ',
    { path, deep: false, bodies: 'all', from: null, lastOp: false },
    { isReading: false },
  )
  await answer.until(() => answer.all('VERDICT').length === 1, 'the verdict')
  answer.stream.cancel()
  await until(() => cluster.coordinator.log.all('broken off').length + endings().length > 0, 'the end')
  await turns(100)
  expect(endings()).toMatchObject([{ path: 'a', verdict: 'SINGLE_FILE' }])
})
