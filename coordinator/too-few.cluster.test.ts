/** Too few nodes for what a change asks: it is refused whenever that turns out, and nothing of it stays on any node. */
import type { Cluster } from '../fixtures/cluster.ts'
import { holdFlushes } from '../fixtures/held-flushes.ts'
import { until } from '../fixtures/until.ts'
import type { AckLevel, ChangeRequest } from '../protocol/change-messages.ts'
import { digestOf } from '../protocol/digest.ts'
import { inlineBytesMax } from '../protocol/limits.ts'
import { parsePath, wholeTree } from '../protocol/path.ts'
import type { Operation } from '../protocol/record.ts'
import { nodesOf, startTraced, tracesOf, untilNothingStaged, untilStagedOn } from './no-trace.fixture.ts'

const large = Buffer.alloc(4 * inlineBytesMax, 'large')
const names = ['server1', 'server2', 'server3']

let cluster: Cluster

beforeEach(async () => {
  cluster = await startTraced()
})

afterEach(() => cluster.close())

/** What lies on every node, and what the log has, positions left out: that a node left is a record. */
async function seen() {
  const traces = tracesOf(cluster)
  const files = Object.entries(traces).map(([name, { journalSeq, settledSeq, ...files }]) => [name, files])
  const peer = await cluster.dial('server1')
  const log = await peer.ask('LOG', { path: wholeTree, sinceSeq: null, last: null, follow: false }).ended()
  peer.close()
  return { files, operations: log.all('LOGGED').flatMap(({ operations }) => operations) }
}

/** The coordinator has noticed that they are gone. */
const untilLeft = (lost: readonly string[]) => cluster.untilState(lost, 'down')

function cut(lost: readonly string[]): void {
  for (const name of lost) cluster.cut(name)
}

/** They come back, and have everything: what they were told and must forget is gone then. */
async function mend(lost: readonly string[]): Promise<void> {
  for (const name of lost) cluster.mend(name)
  await cluster.atRest()
}

/** Who is lost, and what then has too few nodes. */
const cases: [AckLevel, string[]][] = [
  ['all', ['server3']],
  ['quorum', ['server2', 'server3']],
]
const refusal = (ack: AckLevel) => ({
  code: 'UNREACHABLE',
  message: expect.stringMatching(`^(a: )?--ack ${ack} needs`),
})

describe.each(cases)('--ack %s with too few nodes', (ack, lost) => {
  test('before anything was sent is a refusal that sends nothing', async () => {
    const before = await seen()
    cut(lost)
    await untilLeft(lost)
    const { seq } = cluster.coordinator.store.journal.last
    await expect(cluster.client().put('a', large, { ack })).rejects.toMatchObject(refusal(ack))
    await untilNothingStaged(cluster)
    expect(cluster.coordinator.store.journal.last.seq).toBe(seq)
    await mend(lost)
    expect(await seen()).toEqual(before)
  })

  test('while its bytes come throws away what came', async () => {
    const before = await seen()
    const peer = await cluster.dial('server1')
    const what = { type: 'put', path: parsePath('a'), executable: null, bytes: null } as const
    const request: ChangeRequest = {
      operation: { nonce: 'd'.repeat(32), counter: 1, floor: 1_000 } as Operation,
      ...{ ifMatch: null, ifAbsent: false, ack, fence: null, what },
    }
    const answer = peer.ask('CHANGE', request, { more: true })
    void answer.stream.sendPiece('CHUNK', large)
    await untilStagedOn(cluster, ...names)
    cut(lost)
    await untilLeft(lost)
    const { seq } = cluster.coordinator.store.journal.last
    void answer.stream.sendFlow('SEAL', { size: large.length, digest: digestOf(large).digest }, true)
    expect((await answer.ended()).error).toMatchObject(refusal(ack))
    await untilNothingStaged(cluster)
    expect(cluster.coordinator.store.journal.last.seq).toBe(seq)
    await mend(lost)
    expect(await seen()).toEqual(before)
  })

  test('between its bytes and its order throws them away', async () => {
    const before = await seen()
    for (const name of lost)
      cluster.node(name).store.survey = () => {
        cluster.cut(name)
        return new Promise(() => {})
      }
    await expect(cluster.client().put('a', large, { ack })).rejects.toMatchObject(refusal(ack))
    await untilNothingStaged(cluster)
    for (const name of lost) Reflect.deleteProperty(cluster.node(name).store, 'survey')
    await mend(lost)
    expect(await seen()).toEqual(before)
  })

  test.each([
    ['few bytes', Buffer.from('text')],
    ['many bytes', large],
  ])(
    'behind its order, with %s, abandons it: no node makes it, not even one that has its record',
    async (_, bytes) => {
      const before = await seen()
      const nodes = lost.map(name => cluster.node(name))
      const releases = nodes.map(({ disk }) => holdFlushes(disk, ['flushDataSoon']))
      const refused = expect(cluster.client().put('a', bytes, { ack })).rejects.toMatchObject(refusal(ack))
      const { seq } = cluster.coordinator.store.journal.last
      await until(() => nodes.every(({ store }) => store.journal.last.seq > seq), 'its record on the nodes')
      cut(lost)
      for (const goOn of releases) goOn()
      await refused
      await mend(lost)
      await untilNothingStaged(cluster)
      expect(await seen()).toEqual(before)
      for (const { store } of nodesOf(cluster))
        expect(store.journal.at(seq + 1)!.record.change).toMatchObject({ type: 'put', path: 'a' })
      const types = cluster.coordinator.store.journal
        .readAfter(seq, 1e6)
        .map(({ record }) => record.change.type)
      expect(types).toContain('abandoned')
    },
  )
})
