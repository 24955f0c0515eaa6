/** LOCK, UNLOCK and CHECK as a client's connection sees them, over a ledger and answers that a test writes. */
import { RecordedLog } from '../fixtures/cluster-node.ts'
import { FakeTime } from '../fixtures/fake-time.ts'
import type { Answer } from '../fixtures/raw-peer.ts'
import { type Served, serve } from '../fixtures/served.ts'
import type { Done } from '../protocol/change-messages.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { ClientId } from '../protocol/ids.ts'
import { parsePath } from '../protocol/path.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import type { Operation } from '../protocol/record.ts'
import type { Timers } from '../protocol/world.ts'
import { nothingDone } from './changing/answer.ts'
import { Leases } from './locks/leases.ts'
import { Locks } from './locks/locks.ts'
import { onCheck } from './on-check.ts'
import { type LockDesk, onLock, onUnlock } from './on-lock.ts'
import { Results } from './ordering/results.ts'

const [ann, bob] = ['ann@laptop', 'bob@desk'] as ClientId[]
const path = parsePath('a')

let time: FakeTime
let log: RecordedLog
let leases: Leases
let desk: LockDesk
let served: Served
let client: ClientId | null
let counter: number
let ordered: string[]
let lost: number
let refusal: ConcurError | null
let shortage: ConcurError | null
let inSync: string[]
/** Times for which requests wait. */
let waits: Set<number>
/** What becomes of each record. */
let done: () => Promise<Done>

beforeEach(async () => {
  time = new FakeTime()
  log = new RecordedLog()
  client = ann!
  counter = 0
  ordered = []
  lost = 0
  refusal = null
  shortage = null
  inSync = ['server1', 'server2']
  done = async () => ({ ...nothingDone(2), op: { epoch: 1, seq: ordered.length, type: 'lock', path } })
  leases = new Leases({
    ledger: {
      order({ change }) {
        ordered.push(change.type)
        const awaited = {
          seq: ordered.length,
          outcomes: new Map(),
          isCommitted: false,
          done: done().then(() => {}),
        }
        awaited.done.catch(() => {})
        return awaited
      },
    },
    ...{ lastSeq: () => ordered.length, journalKeep: 1_000_000, refusal: () => refusal, tooFew: () => null },
    ...{ clock: time, timers: time, log },
  })
  leases.begin()
  desk = {
    leases,
    locks: new Locks({ leases, log }),
    cluster: {
      ...{ nodesConfigured: 2, ack: 'quorum', self: { name: 'server1' } as never },
      ledger: {
        get inSync() {
          return inSync as never
        },
      },
      store: { room: { refusal: () => shortage } },
      refusal: () => refusal,
      loseSilent: () => {
        lost++
      },
    },
    results: new Results({
      ...{ releasedSeq: () => 0, keptMax: 100, forgottenSeq: 5 },
      answerOf: async () => {
        throw new Error('no result of an earlier run is known')
      },
    }),
    answerOf: () => done(),
  }
  waits = new Set()
  const counted: Timers = {
    after(ms, act) {
      const callOff = time.after(ms, act)
      waits.add(ms)
      return () => {
        waits.delete(ms)
        callOff()
      }
    },
    endOfTurn: act => time.endOfTurn(act),
  }
  const reports = new ProgressReports(time)
  served = await serve(time, (request, stream) => {
    const context = { client, from: '10.0.0.1', stream, reports, clock: time, timers: counted, log }
    if (request.opcode === 'LOCK') onLock(desk, request.body, context)
    if (request.opcode === 'UNLOCK') onUnlock(desk, request.body, context)
    if (request.opcode === 'CHECK') onCheck(desk, request.body, context)
  })
})
afterEach(() => {
  leases.close()
  served.close()
})

const operationOf = (floor = 10): Operation =>
  ({ nonce: 'e'.repeat(32), counter: ++counter, floor }) as Operation
const lock = (operation = operationOf(), waitMs = 0) =>
  served.peer.ask('LOCK', { operation, path, ttlMs: 60_000, waitMs, token: null })
const unlock = (operation = operationOf()) =>
  served.peer.ask('UNLOCK', { operation, path, steal: false, token: null })
const check = () => served.peer.ask('CHECK', { path })
const codeOf = async (answer: Answer) => (await answer.ended()).error?.code ?? null
const codes = (...answers: Answer[]) => Promise.all(answers.map(codeOf))

test('a lock is granted when its record is everywhere, and has its line in the log', async () => {
  const answer = (await lock().ended()).only('LOCK_IS')
  expect(answer).toMatchObject({ state: 'mine', lease: { holder: ann, token: 1, from: '10.0.0.1' } })
  expect((await unlock().ended()).only('LOCK_IS')).toEqual({ state: 'free', lease: null })
  expect((await unlock().ended()).only('LOCK_IS').state).toBe('free')
  expect(ordered).toEqual(['lock', 'unlock'])
  expect(log.all('request').map(({ op, verdict }) => [op, verdict])).toEqual([
    ['lock', 'mine'],
    ['unlock', 'free'],
    ['unlock', 'free'],
  ])
  expect(lost).toBe(3)
})

test('who does not say who it is locks nothing, and may ask', async () => {
  client = null
  expect(await codes(lock(), unlock(), check())).toEqual(['USAGE', 'USAGE', null])
})

test('a coordinator that takes no changes knows of no locks', async () => {
  refusal = new ConcurError('FENCED', 'a higher epoch exists')
  expect(await codes(lock(), unlock(), check())).toEqual(['FENCED', 'FENCED', 'FENCED'])
  expect(ordered).toEqual([])
})

test('too few nodes, and a full disk, refuse the record', async () => {
  inSync = ['server1']
  expect(await codes(lock(), unlock(), check())).toEqual(['UNREACHABLE', 'UNREACHABLE', null])
  inSync = ['server1', 'server2']
  shortage = new ConcurError('NO_SPACE', 'no space is left')
  const full = await lock().ended()
  expect(full.error).toMatchObject({ code: 'NO_SPACE', message: 'a: no space is left on server1' })
  expect(ordered).toEqual([])
})

test('a record that is not everywhere in time, or was abandoned, is no lock yet', async () => {
  done = async () => ({
    ...nothingDone(2),
    error: { code: 'TIMEOUT', message: 'seq 1 is not on every disk' },
  })
  expect(await codeOf(lock())).toBe('TIMEOUT')
  done = () => Promise.reject(new ConcurError('UNREACHABLE', 'too few nodes'))
  const operation = operationOf()
  expect(await codeOf(lock(operation))).toBe('UNREACHABLE')
  done = async () => nothingDone(2)
  expect(await codeOf(lock(operation))).toBeNull()
})

test('an operation that is sent again is made once; one that is older than all that is known is not made', async () => {
  const operation = operationOf()
  const [first, again] = [await lock(operation).ended(), await lock(operation).ended()]
  expect(again.only('LOCK_IS')).toEqual(first.only('LOCK_IS'))
  expect(ordered).toEqual(['lock'])
  expect(await codes(lock(operationOf(2)), unlock(operationOf(2)))).toEqual(['TIMEOUT', 'TIMEOUT'])
  await unlock().ended()
  client = bob!
  expect((await lock().ended()).only('LOCK_IS').state).toBe('mine')
  client = ann!
  expect(await codeOf(lock(operation))).toBe('STALE_TOKEN')
})

test('who waits hears that it is waited, is granted it, and is known by its operation', async () => {
  await lock().ended()
  client = bob!
  const operation = operationOf()
  const [waiting, again] = [lock(operation, 30_000), lock(operation, 30_000)]
  await time.pass(2_000)
  expect(waiting.all('PROGRESS').length).toBeGreaterThan(2)
  client = ann!
  await unlock().ended()
  client = bob!
  expect((await waiting.ended()).only('LOCK_IS')).toMatchObject({ state: 'mine', lease: { holder: bob } })
  expect((await again.ended()).only('LOCK_IS').state).toBe('mine')
  expect(ordered).toEqual(['lock', 'unlock', 'lock'])
})

test('who waits in vain is told who holds it; who is gone leaves no timer', async () => {
  await lock().ended()
  client = bob!
  const gone = lock(operationOf(), 90_000)
  const waiting = lock(operationOf(), 30_000)
  await time.pass(1)
  expect([...waits]).toEqual([90_000, 30_000])
  gone.stream.cancel()
  await time.pass(30_000)
  expect((await waiting.ended()).error).toMatchObject({
    code: 'LOCKED',
    message: expect.stringContaining('a: locked by ann@laptop'),
  })
  expect(waits.size).toBe(0)
  expect(ordered).toEqual(['lock'])
})
