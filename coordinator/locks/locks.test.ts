/** The locks of a coordinator over a ledger that a test writes: what is ordered, and when. */
import { RecordedLog } from '../../fixtures/cluster-node.ts'
import { FakeTime } from '../../fixtures/fake-time.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { ClientId } from '../../protocol/ids.ts'
import { locksMax, lockTtlMsMax } from '../../protocol/limits.ts'
import { parsePath } from '../../protocol/path.ts'
import type { LockChange, Operation } from '../../protocol/record.ts'
import type { Wanted } from '../ordering/ledger.ts'
import { Leases } from './leases.ts'
import { Locks, type Touching } from './locks.ts'

const [ann, bob] = ['ann@laptop', 'bob@desk'] as ClientId[]
const at = parsePath
const operation = { nonce: 'e'.repeat(32), counter: 1, floor: 0 } as Operation
const hour = 3_600_000

interface Written extends Wanted {
  readonly seq: number
  readonly reject: (error: ConcurError) => void
}

let time: FakeTime
let log: RecordedLog
let written: Written[]
let lastSeq: number
let refusal: ConcurError | null
let failure: ConcurError | null
let leases: Leases
let locks: Locks

function open({ journalKeep = 1_000_000 } = {}): Leases {
  leases = new Leases({
    ledger: {
      order(wanted) {
        if (failure !== null) throw failure
        const seq = ++lastSeq
        let reject = (_: ConcurError): void => {}
        const done = new Promise<void>((_, onFailed) => {
          reject = onFailed
        })
        done.catch(() => {})
        written.push({ ...wanted, seq, reject })
        return { seq, outcomes: new Map(), isCommitted: false, done }
      },
    },
    ...{ lastSeq: () => lastSeq, journalKeep, refusal: () => refusal, tooFew: () => null },
    ...{ clock: time, timers: time, log },
  })
  locks = new Locks({ leases, log })
  return leases
}

beforeEach(() => {
  time = new FakeTime()
  log = new RecordedLog()
  written = []
  lastSeq = 100
  refusal = null
  failure = null
  open().begin()
})
afterEach(() => leases.close())

const askers = { [ann!]: { client: ann!, from: '10.0.0.1' }, [bob!]: { client: bob!, from: 'server2' } }
const lock = (path: string, client = ann!, more: { ttlMs?: number; token?: number } = {}) =>
  locks.lock({ operation, path: at(path), ttlMs: 60_000, waitMs: 0, token: null, ...more }, askers[client]!)
    .awaited.seq
const unlock = (path: string, client = ann!, more: { steal?: boolean; token?: number } = {}) =>
  locks.unlock({ operation, path: at(path), steal: false, token: null, ...more }, askers[client]!)
const touch = (path: string, client: ClientId | null = ann!, more: Partial<Touching> = {}) =>
  locks.admit({ paths: [at(path)], below: false, client, fence: null, bound: null, ...more })
const state = (path: string, client = ann!) => locks.stateOf(at(path), client).state
const types = () => written.map(({ change }) => (change.type === 'unlock' ? change.how : change.type))

function refused(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    const { code, message } = error as ConcurError
    return `${code} ${message}`
  }
  return 'nothing'
}

const since = '2026-01-01T00:00:00.000Z'
const until = '2026-01-01T00:01:00.000Z'

test('a grant is a record, and its seq is the token', () => {
  const token = lock('a')
  expect(written[0]).toMatchObject({
    client: ann,
    operation,
    change: { type: 'lock', lockedPath: 'a', holder: ann, ttlMs: 60_000, token: null, from: '10.0.0.1' },
  })
  expect(locks.stateOf(at('a'), ann!)).toEqual({
    state: 'mine',
    lease: { path: 'a', holder: ann, token, sinceMs: time.nowMs(), expiresInMs: 60_000, from: '10.0.0.1' },
  })
  expect([state('a', bob), state('a/b', bob), state('b', bob)]).toEqual(['held', 'held', 'free'])
})

test('locking again renews with the same token, from the first beginning on', async () => {
  const token = lock('a')
  await time.pass(50_000)
  lock('a', ann, { ttlMs: 20_000 })
  expect(locks.stateOf(at('a'), ann!).lease).toMatchObject({
    ...{ token, expiresInMs: 20_000, sinceMs: time.nowMs() - 50_000 },
  })
})

test('what somebody else holds is LOCKED, with who, since when, until when, and from where', () => {
  lock('docs')
  const said = `locked by ${ann} since ${since} until ${until} from 10.0.0.1`
  expect(refused(() => lock('docs', bob))).toBe(`LOCKED docs: ${said}`)
  expect(refused(() => lock('docs/a', bob))).toBe(`LOCKED docs/a: docs is ${said}`)
  expect(refused(() => unlock('docs', bob))).toBe(`LOCKED docs: ${said}`)
  expect(refused(() => touch('docs/a', bob))).toBe(`LOCKED docs/a: docs is ${said}`)
  expect(refused(() => touch('docs/a', null))).toBe(`LOCKED docs/a: docs is ${said}`)
  lock('other/a')
  expect(refused(() => lock('other', bob))).toMatch(/^LOCKED other: other\/a is locked by ann@laptop /)
  expect(refused(() => touch('other', bob))).toBe('nothing')
  expect(refused(() => touch('other', bob, { below: true }))).toMatch(/^LOCKED other: other\/a is locked by/)
  expect(types()).toEqual(['lock', 'lock'])
})

test('the holder changes by himself, and others what is free', () => {
  lock('a')
  touch('a')
  touch('a/b')
  touch('b', bob)
})

test('a lease ends by the monotonic clock, and its end is a record', async () => {
  lock('a')
  time.jumpWallClock(365 * 24 * hour)
  await time.pass(59_999)
  expect(types()).toEqual(['lock'])
  time.jumpWallClock(-2 * 365 * 24 * hour)
  await time.pass(1)
  expect(types()).toEqual(['lock', 'expired'])
  expect(written[1]).toMatchObject({ client: null, operation: null })
  expect(state('a', bob)).toBe('free')
  touch('a', bob)
})

test('an end that is due comes before whatever relies on it, also where the timer is late', () => {
  lock('a')
  time.pass = async () => {}
  Object.assign(time, { elapsedMs: 61_000 })
  expect(state('a', bob)).toBe('free')
  lock('a', bob)
  expect(types()).toEqual(['lock', 'expired', 'lock'])
})

test('a fence that is older than the newest token is stale, also when nobody holds the path any more', () => {
  const first = lock('a')
  unlock('a')
  const second = lock('a', bob)
  expect(refused(() => touch('a', ann, { fence: first }))).toBe(
    `STALE_TOKEN a: the token ${first} is older than the newest; the newest is ${second}, ` +
      `locked by ${bob} since ${since} until ${until} from server2`,
  )
  unlock('a', bob)
  expect(refused(() => touch('a', ann, { fence: first }))).toBe(
    `STALE_TOKEN a: the token ${first} is older than the newest; the newest is ${second}: ` +
      `${bob} locked it at ${since} from server2, and nobody holds it now`,
  )
  touch('a', ann, { fence: second })
  touch('a', ann)
})

test('a token of a folder above counts for what is below, and the other way round for the whole folder', () => {
  const inside = lock('docs/a')
  unlock('docs/a')
  const above = lock('docs')
  unlock('docs')
  expect(refused(() => touch('docs/a', ann, { fence: inside }))).toMatch(/^STALE_TOKEN docs\/a: /)
  const later = lock('docs/b')
  expect(refused(() => touch('docs', ann, { fence: above, below: true }))).toMatch(/^STALE_TOKEN docs: /)
  touch('docs', ann, { fence: later, below: true })
})

test('no fence lets anybody pass but the holder', () => {
  const token = lock('a')
  expect(refused(() => touch('a', bob, { fence: token }))).toMatch(/^LOCKED a: /)
})

test('a stolen lock is logged, is over, and makes its holder stale until he locks or unlocks again', () => {
  const token = lock('a')
  expect(refused(() => unlock('a', bob))).toMatch(/^LOCKED /)
  const theft = unlock('a', bob, { steal: true })!.awaited.seq
  expect(types()).toEqual(['lock', 'stolen'])
  expect(log.all('lock stolen')).toEqual([
    { client: bob, from: 'server2', path: 'a', holder: ann, token, sinceMs: time.nowMs() },
  ])
  const said =
    `STALE_TOKEN a: the lock of ${ann} (token ${token}) was stolen; lock or unlock it again first; ` +
    `the newest is ${theft}: ${bob} stole the lock of it at ${since} from server2, and nobody holds it now`
  expect(refused(() => touch('a'))).toBe(said)
  expect(refused(() => touch('a'))).toBe(said)
  expect(refused(() => touch('a', ann, { fence: token }))).toMatch(/^STALE_TOKEN /)
  touch('a', bob)
  expect(unlock('a')).not.toBeNull()
  touch('a')
  lock('a')
  unlock('a', bob, { steal: true })
  lock('a')
  touch('a')
})

test('who was stolen from goes on where he has locked again what covers it', () => {
  lock('docs')
  unlock('docs', bob, { steal: true })
  expect(refused(() => touch('docs/a'))).toMatch(/^STALE_TOKEN /)
  lock('docs/a')
  touch('docs/a')
  expect(refused(() => touch('docs/b'))).toMatch(/^STALE_TOKEN /)
})

test('unlocking is done where there is nothing to end, and ends one own lock', () => {
  expect(unlock('a')).toBeNull()
  lock('a')
  unlock('a')
  expect(unlock('a')).toBeNull()
  expect(types()).toEqual(['lock', 'released'])
  lock('a')
  unlock('a', ann, { steal: true })
  expect(types().at(-1)).toBe('released')
})

test('with a token a lock is renewed and ended, and never taken anew', async () => {
  const token = lock('a')
  lock('a', ann, { token })
  await time.pass(61_000)
  expect(refused(() => lock('a', ann, { token }))).toMatch(
    /^STALE_TOKEN a: the lock with the token 101 is over; /,
  )
  expect(refused(() => unlock('a', ann, { token }))).toMatch(/^STALE_TOKEN a: /)
  lock('a', bob)
  expect(refused(() => lock('a', ann, { token }))).toMatch(/^STALE_TOKEN a: .*locked by bob@desk since/)
})

test('what began with another token is stale', () => {
  const bound = locks.tokenOf([at('docs/a')])
  touch('docs/a', ann, { bound })
  lock('docs')
  touch('docs/a', ann, { bound: locks.tokenOf([at('docs/a')]) })
  expect(refused(() => touch('docs/a', ann, { bound }))).toMatch(
    /^STALE_TOKEN docs\/a: it was locked since this change began; the newest is 101, docs is locked by/,
  )
})

test('a record that is abandoned, or could not be written, is undone', async () => {
  lock('a')
  written[0]!.reject(new ConcurError('UNREACHABLE', 'too few'))
  await time.pass(0)
  expect(state('a', bob)).toBe('free')
  const token = lock('a', bob)
  unlock('a', ann, { steal: true })
  written.at(-1)!.reject(new ConcurError('NO_SPACE', 'the journal could not be written'))
  await time.pass(0)
  expect(locks.stateOf(at('a'), bob!)).toMatchObject({ state: 'mine', lease: { token } })
})

test('an end that cannot be written is tried again, and nobody has the path meanwhile', async () => {
  lock('a')
  failure = new ConcurError('NO_SPACE', 'the journal could not be written')
  await time.pass(60_500)
  expect(refused(() => lock('a', bob))).toMatch(/^NO_SPACE /)
  failure = null
  await time.pass(1_000)
  expect(types()).toEqual(['lock', 'expired'])
  lock('a', bob)
  refusal = new ConcurError('FENCED', 'a higher epoch')
  await time.pass(70_000)
  expect(types()).toEqual(['lock', 'expired', 'lock'])
})

test('whoever waits hears of every end, and of nothing else', async () => {
  let news = 0
  const stop = leases.listen(() => news++)
  lock('a')
  lock('a')
  expect(news).toBe(0)
  await time.pass(60_000)
  expect(news).toBe(1)
  lock('a', bob)
  unlock('a', bob)
  expect(news).toBe(2)
  lock('a')
  written.at(-1)!.reject(new ConcurError('UNREACHABLE', 'too few'))
  await time.pass(0)
  expect(news).toBe(3)
  stop()
  lock('a')
  unlock('a')
  expect(news).toBe(3)
})

test('a term begins with all leases whole', async () => {
  const change: LockChange = {
    type: 'lock',
    lockedPath: at('a'),
    ...{ holder: ann!, ttlMs: 60_000, token: null, sinceMs: 5, from: 'x' },
  }
  await time.pass(10_000)
  open()
  leases.restart(50, [{ seq: 70, timeMs: 5, client: ann!, change }])
  await time.pass(100_000)
  expect(written).toEqual([])
  leases.begin()
  expect(locks.stateOf(at('a'), ann!).lease).toMatchObject({ token: 70, expiresInMs: 60_000, sinceMs: 5 })
  await time.pass(59_999)
  expect(types()).toEqual([])
  await time.pass(1)
  expect(types()).toEqual(['expired'])
})

test('a term that begins when all is closed times nothing', async () => {
  lock('a')
  leases.close()
  leases.begin()
  expect(time.timerCount).toBe(0)
})

test('a token from before all that is known is stale unless it is the newest that is known', () => {
  const change: LockChange = {
    type: 'lock',
    lockedPath: at('a'),
    ...{ holder: ann!, ttlMs: 60_000, token: 20, sinceMs: 5, from: 'x' },
  }
  open()
  leases.restart(50, [{ seq: 70, timeMs: 5, client: null, change }])
  leases.begin()
  touch('a', ann, { fence: 20 })
  expect(refused(() => touch('b', ann, { fence: 20 }))).toMatch(
    /^STALE_TOKEN b: the token 20 is older than the newest; nobody holds it now/,
  )
  touch('b', ann, { fence: 51 })
})

test('the record of a lease is written anew before a journal may lose it, and lasts no longer for it', async () => {
  open({ journalKeep: 30 })
  leases.begin()
  const token = lock('a')
  await time.pass(10_000)
  lastSeq += 9
  touch('b')
  expect(types()).toEqual(['lock'])
  lastSeq += 10
  touch('b')
  expect(types()).toEqual(['lock', 'lock'])
  expect(written[1]).toMatchObject({ client: null, operation: null, change: { token, holder: ann } })
  expect(locks.stateOf(at('a'), ann!).lease).toMatchObject({ token, expiresInMs: 50_000 })
  touch('b')
  expect(types()).toEqual(['lock', 'lock'])
  leases.carryBeyond(lastSeq)
  expect(types()).toEqual(['lock', 'lock', 'lock'])
  await time.pass(50_000)
  expect(types().at(-1)).toBe('expired')
})

test('what cannot be written anew now is written with the next change', () => {
  lock('a')
  refusal = new ConcurError('NO_SPACE', 'full')
  leases.carryBeyond(lastSeq)
  refusal = null
  expect(types()).toEqual(['lock'])
  touch('b')
  expect(types()).toEqual(['lock', 'lock'])
})

test('a time that is too short or too long is refused', () => {
  for (const ttlMs of [0, 999, lockTtlMsMax + 1])
    expect(refused(() => lock('a', ann, { ttlMs }))).toMatch(/^USAGE /)
  lock('a', ann, { ttlMs: lockTtlMsMax })
})

test('one lock more than there may be is refused, and a renewal is none', () => {
  open()
  const records = Array.from({ length: locksMax }, (_, n) => {
    const change: LockChange = {
      type: 'lock',
      lockedPath: at(`held ${n}`),
      ...{ holder: ann!, ttlMs: 60_000, token: null, sinceMs: 5, from: 'x' },
    }
    return { seq: n + 1, timeMs: 5, client: ann!, change }
  })
  leases.restart(0, records)
  lastSeq = locksMax
  leases.begin()
  expect(refused(() => lock('a'))).toMatch(/^BUSY a: 4000 locks are held already/)
  lock('held 5')
})

test('all that are held are told by their paths', () => {
  lock('b')
  lock('a', bob)
  expect(locks.all().map(({ path, holder }) => [path, holder])).toEqual([
    ['a', bob],
    ['b', ann],
  ])
})
