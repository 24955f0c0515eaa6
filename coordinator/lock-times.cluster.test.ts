/**
 * Locks and time: a holder that was stopped for three leases writes nothing late (PROOF.md A6), and no jump of a wall clock
 * makes a lease end early or late (A7).
 */
import { type Cluster, startCluster } from '../fixtures/cluster.ts'
import type { ClusterClient } from '../fixtures/cluster-client.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import type { RawPeer } from '../fixtures/raw-peer.ts'
import { until } from '../fixtures/until.ts'
import { digestOf } from '../protocol/digest.ts'
import { inlineBytesMax } from '../protocol/limits.ts'
import { parsePath } from '../protocol/path.ts'
import type { JournalEntry, Operation } from '../protocol/record.ts'

const cycles = 10
const ttlMs = 5_000
const [hour, day, year] = [3_600_000, 86_400_000, 365 * 86_400_000]

let time: FakeTime
let cluster: Cluster
let ann: ClusterClient
let bob: ClusterClient

beforeEach(async () => {
  time = new FakeTime()
  cluster = await startCluster({ time })
  await meanwhile(cluster.settled())
  ann = cluster.client('server1', 'ann@laptop')
  bob = cluster.client('server1', 'bob@desk')
})
afterEach(() => cluster.close())

/** Lets hardly any time pass until it is settled: journals lie on a real disk, which knows nothing of a test's time. */
async function meanwhile<T>(work: Promise<T>): Promise<T> {
  let isOver = false
  const over = (): void => {
    isOver = true
  }
  work.then(over, over)
  for (let looks = 1; !isOver; looks++) {
    await turns(10)
    if (looks % 200 === 0) await time.pass(1)
  }
  return work
}

/** An upload of a holder that is stopped in the middle of it. */
class StoppedUpload {
  private readonly bytes: Buffer
  private readonly answer

  constructor(peer: RawPeer, cycle: number) {
    this.bytes = Buffer.alloc(cycle % 2 === 0 ? 4 : inlineBytesMax + 1, 'late')
    const what = { type: 'put' as const, path: parsePath('a'), executable: null, bytes: null }
    const operation = { nonce: 'c'.repeat(32), counter: cycle, floor: 0 } as Operation
    const conditions = { ifMatch: null, ifAbsent: false, ack: null, fence: null }
    this.answer = peer.ask('CHANGE', { operation, ...conditions, what }, { more: true })
    void this.answer.stream.sendPiece('CHUNK', this.bytes)
  }

  async wake() {
    const { digest } = digestOf(this.bytes)
    void this.answer.stream.sendFlow('SEAL', { size: this.bytes.length, digest }, true)
    return (await this.answer.ended()).error
  }
}

test('a holder that was stopped for three leases writes nothing late', async () => {
  const peer = await meanwhile(cluster.dial('server1', { clientId: 'ann@laptop' as never }))
  for (let cycle = 1; cycle <= cycles; cycle++) {
    const { token } = (await meanwhile(ann.lock('a', { ttlMs }))).lease!
    const upload = new StoppedUpload(peer, cycle)
    const waiting = bob.lock('a', { ttlMs: 60_000, waitMs: 60_000 })
    await time.pass(3 * ttlMs)
    const later = (await meanwhile(waiting)).lease!.token
    expect(later).toBeGreaterThan(token)
    // It goes on, and believes that it holds the lock.
    expect(await meanwhile(upload.wake())).toMatchObject({ code: 'STALE_TOKEN' })
    const refused = async (fence: number | null) =>
      meanwhile(
        ann.put('a', 'late', { fence }).then(
          () => 'done',
          ({ code }) => code,
        ),
      )
    expect([await refused(token), await refused(null)]).toEqual(['STALE_TOKEN', 'LOCKED'])
    await expect(meanwhile(ann.lock('a', { ttlMs, token }))).rejects.toMatchObject({ code: 'STALE_TOKEN' })
    await meanwhile(bob.put('a', `cycle ${cycle}`))
    await meanwhile(bob.unlock('a'))
    expect(await refused(token)).toBe('STALE_TOKEN')
    expect((await meanwhile(bob.get('a'))).texts).toEqual({ server1: `cycle ${cycle}` })
  }
})

/** What somebody does to the wall clocks while a lease lasts; called with each of its hundredths. */
const jumps: [string, (hundredth: number) => number][] = [
  ['an hour ahead', at => (at === 10 ? hour : 0)],
  ['an hour back', at => (at === 10 ? -hour : 0)],
  ['a day ahead', at => (at === 50 ? day : 0)],
  ['a day back', at => (at === 50 ? -day : 0)],
  ['a year ahead', at => (at === 1 ? year : 0)],
  ['a year back', at => (at === 99 ? -year : 0)],
  ['ahead and back all the time', at => (at % 2 === 0 ? day : -day)],
]

test.each(jumps)('a wall clock that is set %s moves no lease', async (_, jumpMs) => {
  const leaseMs = 100_000
  const ends = async (renewAt: number | null): Promise<number> => {
    await meanwhile(ann.lock('a', { ttlMs: leaseMs }))
    const { lease } = await meanwhile(ann.check('a'))
    let lastMs = time.monotonicMs()
    expect(lease!.expiresInMs).toBeGreaterThan(0.99 * leaseMs)
    for (let hundredth = 1; ; hundredth++) {
      time.jumpWallClock(jumpMs(hundredth))
      await time.pass(leaseMs / 100)
      if (hundredth === renewAt) {
        await meanwhile(ann.lock('a', { ttlMs: leaseMs }))
        lastMs = time.monotonicMs()
      }
      if ((await meanwhile(bob.check('a'))).state === 'free') return time.monotonicMs() - lastMs
    }
  }
  for (const renewAt of [null, 40]) {
    const lastedMs = await ends(renewAt)
    expect(lastedMs).toBeGreaterThan(0.9 * leaseMs)
    expect(lastedMs).toBeLessThan(1.1 * leaseMs)
  }
  const { journal } = cluster.coordinator.store
  const isEnd = ({ record: { change } }: JournalEntry) => change.type === 'unlock' && change.how === 'expired'
  await until(() => journal.readAfter(0, 1e6).filter(isEnd).length === 2, 'the records of both ends')
})
