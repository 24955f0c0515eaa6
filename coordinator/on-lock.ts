/**
 * LOCK and UNLOCK: who holds a path. Each is made once however often it is sent, and answered when every node that is waited
 * for has its record. Clause: protocol/README.md "LOCK".
 */
import type { Done } from '../protocol/change-messages.ts'
import { asConcurError, ConcurError } from '../protocol/errors.ts'
import type { LockIs, LockRequest, UnlockRequest } from '../protocol/lock-messages.ts'
import type { Operation } from '../protocol/record.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import { noNeed } from '../replica/store/room.ts'
import { forgottenMessage } from './changing/answer.ts'
import type { Cluster, Ordered } from './changing/change-work.ts'
import type { Leases, OrderedLock } from './locks/leases.ts'
import type { Asker, Locks } from './locks/locks.ts'
import { tooFewFor } from './ordering/policy.ts'
import type { Results } from './ordering/results.ts'
import type { RequestContext } from './request.ts'

export interface LockDesk {
  readonly cluster: Pick<Cluster, 'loseSilent' | 'refusal' | 'nodesConfigured' | 'ack' | 'self'> & {
    readonly ledger: Pick<Cluster['ledger'], 'inSync'>
    readonly store: { readonly room: Pick<Cluster['store']['room'], 'refusal'> }
  }
  readonly locks: Pick<Locks, 'lock' | 'unlock' | 'stateOf'>
  readonly leases: Pick<Leases, 'listen'>
  readonly results: Results
  /** What became of a record. @throws ConcurError when it was abandoned. */
  readonly answerOf: (ordered: Pick<Ordered, 'awaited' | 'change'>) => Promise<Done>
}

export interface LockContext extends RequestContext {
  /** Where the client asks from. */
  readonly from: string
}

export function onLock(desk: LockDesk, request: LockRequest, context: LockContext): void {
  answer(context, 'lock', request.path, async () => {
    const asker = askerOf(context, request.path)
    const done = await grantedInTime(desk, request, asker, context)
    assertOver(done)
    const state = desk.locks.stateOf(request.path, asker.client)
    if (state.state === 'mine') return state
    throw new ConcurError('STALE_TOKEN', `${request.path}: the lock was granted, and is over already`)
  })
}

export function onUnlock(desk: LockDesk, request: UnlockRequest, context: LockContext): void {
  answer(context, 'unlock', request.path, async () => {
    const asker = askerOf(context, request.path)
    const known = knownDone(desk, request.operation)
    assertOver(await (known ?? end(desk, request, asker)))
    return desk.locks.stateOf(request.path, asker.client)
  })
}

function answer(
  context: LockContext,
  op: string,
  path: LockRequest['path'],
  work: () => Promise<LockIs>,
): void {
  const { stream, reports } = context
  const endLine = beginRequestLine(context, op, path)
  const report = reports.begin(stream)
  work()
    .then(
      state => {
        endLine({ verdict: state.state })
        stream.send('LOCK_IS', state, true)
      },
      error => {
        endLine(failure(error))
        stream.fail(asConcurError(error))
      },
    )
    .finally(() => report.end())
}

/** Tries whenever somebody's lock is over, in the order in which requests came, until it has lasted too long. */
async function grantedInTime(
  desk: LockDesk,
  request: LockRequest,
  asker: Asker,
  { stream, timers }: LockContext,
): Promise<Done> {
  let isLate = request.waitMs === 0
  let onNews = (): void => {}
  const end = (): void => {
    isLate = true
    onNews()
  }
  const callOff = timers.after(request.waitMs, end)
  const stopListening = desk.leases.listen(() => onNews())
  stream.listen({ onMessage: () => {}, onFailed: end })
  try {
    for (;;) {
      const made = knownDone(desk, request.operation) ?? grant(desk, request, asker, isLate)
      if (made !== null) return await made
      await new Promise<void>(resolve => {
        onNews = resolve
      })
      if (stream.ended) throw new ConcurError('UNREACHABLE', 'the client is gone')
    }
  } finally {
    callOff()
    stopListening()
  }
}

/** @returns null where somebody else holds it, and that may still change. @throws ConcurError LOCKED and others. */
function grant(desk: LockDesk, request: LockRequest, asker: Asker, isLate: boolean): Promise<Done> | null {
  assertTaken(desk, request.path)
  try {
    return begin(desk, request.operation, desk.locks.lock(request, asker))
  } catch (error) {
    if (isLate || asConcurError(error).code !== 'LOCKED') throw error
    return null
  }
}

async function end(desk: LockDesk, request: UnlockRequest, asker: Asker): Promise<Done | null> {
  assertTaken(desk, request.path)
  const ordered = desk.locks.unlock(request, asker)
  return ordered === null ? null : begin(desk, request.operation, ordered)
}

function begin({ results, answerOf }: LockDesk, operation: Operation, ordered: OrderedLock): Promise<Done> {
  const done = answerOf(ordered)
  results.begin(operation, done)
  return done
}

function knownDone({ results }: LockDesk, operation: Operation): Promise<Done> | null {
  const known = results.know(operation)
  if (known.is === 'attempt') return known.answer()
  if (known.is === 'new') return null
  throw new ConcurError('TIMEOUT', forgottenMessage)
}

/** @throws ConcurError: no record is written now. */
function assertTaken({ cluster }: LockDesk, path: string): void {
  const { ledger, store, self, ack, nodesConfigured } = cluster
  cluster.loseSilent()
  const refused = cluster.refusal()
  if (refused !== null) throw refused
  const tooFew = tooFewFor(ack, ledger.inSync.length, nodesConfigured)
  if (tooFew !== null) throw new ConcurError('UNREACHABLE', `${path}: ${tooFew}`)
  const full = store.room.refusal(noNeed, false)
  if (full !== null) throw new ConcurError(full.code, `${path}: ${full.message} on ${self.name}`)
}

/** @throws ConcurError TIMEOUT: it is ordered, and not on every disk yet. */
function assertOver(done: Done | null): void {
  if (done === null || done.error === null) return
  throw new ConcurError(done.error.code, done.error.message)
}

function askerOf({ client, from }: LockContext, path: string): Asker {
  if (client !== null) return { client, from }
  throw new ConcurError('USAGE', `${path}: whoever locks has to say who it is (clientId)`)
}
