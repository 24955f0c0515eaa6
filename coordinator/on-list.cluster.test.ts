/** Listings of whole nodes: small ones, and one that does not fit into the credit. */
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import { turns } from '../fixtures/fake-time.ts'
import { until } from '../fixtures/until.ts'
import { streamCreditBytes } from '../protocol/limits.ts'
import { compareUtf8, wholeTree } from '../protocol/path.ts'

const everything = { path: wholeTree, recursive: true, compare: true }

describe('a listing in a cluster', () => {
  let cluster: Cluster

  afterEach(() => cluster.close())

  test('marks what differs and names a node that cannot be asked', async () => {
    const trees = {
      server1: { same: 'x', 'sub/differs': 'x', first: 'x', 'sub/mixed': 'file' },
      server2: { same: 'x', 'sub/differs': 'y', second: 'x', 'sub/mixed/inner': 'x' },
    }
    cluster = await startCluster({ trees })
    const client = cluster.client()
    const all = [
      '+ first',
      '= same',
      '- second',
      '= sub',
      '* sub/differs',
      '* sub/mixed',
      '- sub/mixed/inner',
    ]
    expect(await client.ls()).toMatchObject({ marks: all, unreachable: [] })
    expect((await client.ls('', { recursive: false })).marks).toEqual(all.slice(0, 4))
    expect((await client.ls('sub/mixed')).marks).toEqual(['* sub/mixed', '- sub/mixed/inner'])
    expect((await client.ls('same')).marks).toEqual(['= same'])
    const nowhere = { code: 'NOT_FOUND', message: 'not on server1, not on server2' }
    await expect(client.ls('nowhere')).rejects.toMatchObject(nowhere)
    cluster.cut('server2')
    await cluster.untilState(['server2'], 'down')
    const { marks, unreachable } = await client.ls('', { recursive: false })
    expect(marks).toEqual(['! first', '! same', '! sub'])
    expect(unreachable).toEqual([expect.stringMatching(/^server2 is not connected/)])
    await expect(client.ls('nowhere')).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })
})

describe('a listing of more than the credit', () => {
  let cluster: Cluster
  const folder = `${'d'.repeat(250)}/`.repeat(10)
  const names = Array.from({ length: 1_000 }, (_, at) => `${folder}${'f'.repeat(200)}${at}`)
  const tree = Object.fromEntries(names.map(name => [name, 'x']))
  const nodes = () => [cluster.coordinator, ...cluster.replicas]
  const open = () => nodes().map(({ streamCount, disk }) => `${streamCount} streams, ${disk.open.size} files`)
  /** What the nodes have open while nobody asks anything of them. */
  let openAtRest: string[]
  let streamsAtRest: number

  beforeAll(async () => {
    cluster = await startCluster({ trees: { server1: tree, server2: tree } })
    await cluster.atRest()
    openAtRest = open()
    streamsAtRest = cluster.node('server2').streamCount
  })
  afterAll(() => cluster.close())

  /** A reader that lets the first credit lie. */
  async function listSlowly() {
    const peer = await cluster.dial('server1')
    const answer = peer.ask('LIST', everything, { isReading: false })
    await answer.until(({ bytesHeard }) => bytesHeard > streamCreditBytes / 2, 'half the credit')
    await turns(200)
    expect(answer.bytesHeard).toBeLessThanOrEqual(streamCreditBytes)
    expect(cluster.node('server2').streamCount).toBe(streamsAtRest + 1)
    return answer
  }

  async function untilAtRest(): Promise<void> {
    const isAtRest = () => open().every((one, at) => one === openAtRest[at])
    await until(isAtRest, `an end of every walk: ${open()} instead of ${openAtRest}`)
  }

  test('comes whole and in order', async () => {
    const { rows } = await cluster.client().ls()
    expect(rows.map(({ path }) => path).slice(10)).toEqual([...names].sort(compareUtf8))
    expect(new Set(rows.map(({ mark }) => mark))).toEqual(new Set('='))
  })

  test('lets go of every walk when its client cancels', async () => {
    await untilAtRest()
    const answer = await listSlowly()
    answer.stream.cancel()
    await untilAtRest()
  })

  test('lets go of every walk when its client is gone', async () => {
    await listSlowly()
    cluster.network.cut('client')
    await untilAtRest()
    cluster.network.mend('client')
  })

  test('waits for a slow reader, goes on without a node that is lost, and marks what is behind', async () => {
    const answer = await listSlowly()
    cluster.cut('server2')
    answer.read()
    await answer.ended()
    const marks = answer.all('ROWS').flatMap(({ rows }) => rows.map(({ mark }) => mark))
    expect(marks).toHaveLength(1_010)
    expect(new Set(marks)).toEqual(new Set(['=', '!']))
    expect([marks.indexOf('!') > 100, marks.at(-1)]).toEqual([true, '!'])
    expect(answer.only('LISTED').unreachable.map(({ node }) => node)).toEqual(['server2'])
  })
})
