/**
 * The locks of a coordinator: grants, renewals, ends and thefts, each a record, and what a change may not touch. A lease is
 * timed by the monotonic clock, and its end is a record, written before anything that relies on it. Everything here is one
 * uninterrupted step. Clause: protocol/README.md "LOCK", DESIGN.md section 5 step 2.
 */
import { ConcurError } from '../../protocol/errors.ts'
import type { ClientId } from '../../protocol/ids.ts'
import { locksMax, lockTtlMsMax, lockTtlMsMin, tokensKeptMax } from '../../protocol/limits.ts'
import type { LeaseView, LockIs, LockRequest, UnlockRequest } from '../../protocol/lock-messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { LockChange, Operation } from '../../protocol/record.ts'
import type { Cancel, Clock, Timers } from '../../protocol/world.ts'
import type { Log } from '../../replica/program/log.ts'
import type { Awaited, Ledger } from '../ordering/ledger.ts'
import { type Lease, type LockRecord, LockTable } from './lock-table.ts'
import { lockedError, type Now, staleError } from './lock-words.ts'

/** Milliseconds after which an end is tried again that could not be written. */
const againAfterMs = 1_000

/** Who wants something of a lock. */
export interface Asker {
  readonly client: ClientId
  /** Where it asks from. */
  readonly from: string
}

/** What a change touches, and by whose right. */
export interface Touching {
  readonly paths: readonly FilePath[]
  /** What lies below the paths is touched as well. */
  readonly below: boolean
  readonly client: ClientId | null
  /** The token that the client stated. */
  readonly fence: number | null
  /** The newest tokens when it began, where it is bound to them. */
  readonly bound: number | null
}

/** A record of a lock that is on its way. */
export interface OrderedLock {
  readonly awaited: Awaited
  readonly change: LockChange
}

export interface LocksOptions {
  readonly ledger: Pick<Ledger, 'order'>
  /** The seq of the last record. */
  readonly lastSeq: () => number
  /** Records that every node keeps at least. */
  readonly journalKeep: number
  /** Why no changes are taken, or null. */
  readonly refusal: () => ConcurError | null
  /** Why a lock has too few nodes, or null. */
  readonly tooFew: (inSync: number) => string | null
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

export class Locks {
  private readonly options: LocksOptions
  private readonly table = new LockTable({ keptMax: tokensKeptMax })
  /** A lease whose record is so far back is written anew: every node's journal has to have it. */
  private readonly carriedAfter: number
  /** When the journal has come so far, it is looked at again what has to be. */
  private carryAtSeq = 0
  /** Up to here records of leases are still to be written anew; 0: none. */
  private owedSeq = 0
  /** By the monotonic clock; no lease ends before. */
  private nextEndMs = Number.POSITIVE_INFINITY
  private readonly waiters = new Set<() => void>()
  private hasBegun = false
  private isClosed = false
  private callOff: Cancel = () => {}

  constructor(options: LocksOptions) {
    this.options = options
    this.carriedAfter = Math.max(1, Math.floor(Math.min(options.journalKeep, tokensKeptMax) / 3))
  }

  /** What the journal tells from the record `floor` on. */
  restart(floor: number, records: readonly LockRecord[]): void {
    this.table.restart(floor, records)
    this.carryAtSeq = 0
  }

  /** The coordinator's term has begun: nobody loses his lock by the time that has passed without one. */
  begin(): void {
    if (this.isClosed) return
    this.hasBegun = true
    this.table.renewAll(this.now.monotonicMs)
    this.arm()
  }

  close(): void {
    this.isClosed = true
    this.hasBegun = false
    this.callOff()
  }

  /** `onNews` is called whenever somebody's lock is over. @returns how to be told no more. */
  listen(onNews: () => void): () => void {
    this.waiters.add(onNews)
    return () => void this.waiters.delete(onNews)
  }

  /** @throws ConcurError LOCKED, STALE_TOKEN, USAGE, BUSY; what the ledger says. */
  lock(request: LockRequest, { client, from }: Asker): OrderedLock {
    const { path, ttlMs, token, operation } = request
    assertTtl(ttlMs)
    this.carry()
    this.endDue()
    this.assertToken(path, token)
    const other = this.table.inTheWay(path, client, true)
    if (other !== null) throw lockedError(path, other, this.now)
    const own = this.table.leaseOf(path)
    if (own === null && this.table.leaseCount >= locksMax)
      throw new ConcurError('BUSY', `${path}: ${locksMax} locks are held already`)
    const sinceMs = own?.sinceMs ?? this.now.wallMs
    const change: LockChange = {
      type: 'lock',
      lockedPath: path,
      ...{ holder: client, ttlMs, token: own?.token ?? null, sinceMs, from },
    }
    return this.order(change, { client, operation })
  }

  /** @returns null: there is nothing to end. @throws ConcurError LOCKED, STALE_TOKEN; what the ledger says. */
  unlock(request: UnlockRequest, { client, from }: Asker): OrderedLock | null {
    const { path, steal, token, operation } = request
    this.endDue()
    this.assertToken(path, token)
    const lease = this.table.leaseOf(path)
    const stolen = this.table.stolenFrom(path, client, false)
    if (lease === null && stolen === null) return null
    const isOthers = lease !== null && lease.holder !== client
    if (isOthers && !steal) throw lockedError(path, lease, this.now)
    const how = isOthers ? 'stolen' : 'released'
    if (isOthers) {
      const { holder, token, sinceMs } = lease
      this.options.log.warn({ client, from, path, holder, token, sinceMs }, 'lock stolen')
    }
    const ended = lease?.token ?? stolen!
    return this.order({ type: 'unlock', lockedPath: path, token: ended, how, from }, { client, operation })
  }

  /** What the path is to this client: what hinders it from being locked, or its own lock. */
  stateOf(path: FilePath, client: ClientId | null): LockIs {
    const other = this.alive(this.table.inTheWay(path, client, true))
    if (other !== null) return { state: 'held', lease: this.viewOf(other) }
    const own = this.alive(this.table.covering(path))
    return own === null ? { state: 'free', lease: null } : { state: 'mine', lease: this.viewOf(own) }
  }

  /** All that are held, by their paths. */
  all(): LeaseView[] {
    const leases = [...this.table.leases].filter(lease => this.alive(lease) !== null)
    return leases.sort((a, b) => (a.path < b.path ? -1 : 1)).map(lease => this.viewOf(lease))
  }

  /** The newest token of these paths, to which a change is bound that begins now. */
  tokenOf(paths: readonly FilePath[]): number {
    return Math.max(0, ...paths.map(path => this.table.newestOf(path, false)?.token ?? 0))
  }

  /**
   * In the step in which a change is ordered, and before its bytes are taken.
   * @throws ConcurError STALE_TOKEN, LOCKED; what the ledger says of an end that has to be written first.
   */
  admit(touching: Touching): void {
    const { paths, below, client } = touching
    this.carry()
    this.endDue()
    for (const path of paths) this.assertNotStale(path, touching)
    for (const path of paths) {
      const other = this.table.inTheWay(path, client, below)
      if (other !== null) throw lockedError(path, other, this.now)
    }
  }

  /** Leases whose records are not behind `seq` are written anew: some journal begins there. */
  carryBeyond(seq: number): void {
    this.owedSeq = Math.max(this.owedSeq, seq)
    this.carry()
  }

  private get now(): Now {
    const { clock } = this.options
    return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }
  }

  private assertNotStale(path: FilePath, { below, client, fence, bound }: Touching): void {
    const newest = this.table.newestOf(path, below)
    const stale = (what: string) =>
      staleError({ path, what, newest, lease: this.table.covering(path) }, this.now)
    if (fence !== null && this.isOld(fence, newest?.token ?? 0))
      throw stale(`the token ${fence} is older than the newest`)
    const stolen = fence === null ? this.table.stolenFrom(path, client, below) : null
    if (stolen !== null)
      throw stale(`the lock of ${client} (token ${stolen}) was stolen; lock or unlock it again first`)
    if (bound !== null && (newest?.token ?? 0) > bound)
      throw stale(
        bound === 0 ? 'it was locked since this change began' : `this change began with the token ${bound}`,
      )
  }

  /** Of a token from before all that is known nobody can tell, but for one that is still the newest. */
  private isOld(fence: number, newestToken: number): boolean {
    return fence < newestToken || (fence <= this.table.floor && fence !== newestToken)
  }

  /** @throws ConcurError STALE_TOKEN: it is not the lock that the client means. */
  private assertToken(path: FilePath, token: number | null): void {
    const lease = this.table.leaseOf(path)
    if (token === null || lease?.token === token) return
    const newest = this.table.newestOf(path, false)
    throw staleError({ path, what: `the lock with the token ${token} is over`, newest, lease }, this.now)
  }

  private alive(lease: Lease | null): Lease | null {
    return lease !== null && lease.endsAtMs > this.now.monotonicMs ? lease : null
  }

  private viewOf({ path, holder, token, sinceMs, from, endsAtMs }: Lease): LeaseView {
    const expiresInMs = Math.max(0, Math.ceil(endsAtMs - this.now.monotonicMs))
    return { path, holder, token, sinceMs, expiresInMs, from }
  }

  /** `beganMs`: from when on a lease lasts. */
  private order(
    change: LockChange,
    { client, operation }: { client: ClientId | null; operation: Operation | null } = byNobody,
    beganMs = this.now.monotonicMs,
  ): OrderedLock {
    const tooFew = change.type === 'lock' && client !== null ? this.options.tooFew : () => null
    const awaited = this.options.ledger.order({ change, client, operation, body: null }, tooFew)
    const timeMs = this.now.wallMs
    const taken = this.table.take({ seq: awaited.seq, timeMs, client, change }, beganMs)
    awaited.done.then(
      () => this.table.settle(taken),
      () => {
        this.table.undo(taken)
        this.arm(this.isDue ? againAfterMs : 0)
        this.changed()
      },
    )
    this.changed(taken.lease?.endsAtMs)
    return { awaited, change }
  }

  /** Ends what has lasted long enough. */
  private endDue(): void {
    if (!this.hasBegun || this.now.monotonicMs < this.nextEndMs) return
    for (const lease of [...this.table.leases]) {
      if (this.alive(lease) !== null) continue
      const { path, token, holder, from } = lease
      this.order({ type: 'unlock', lockedPath: path, token, how: 'expired', from })
      this.options.log.info({ path, holder, token }, 'lock expired')
    }
    this.arm()
  }

  /** The record that says that a lease is held stays where every node's journal has it. */
  private carry(): void {
    const lastSeq = this.options.lastSeq()
    if (this.owedSeq === 0 && lastSeq < this.carryAtSeq) return
    if (!this.hasBegun || this.options.refusal() !== null) return
    const seq = Math.max(this.owedSeq, lastSeq - this.carriedAfter)
    for (const lease of [...this.table.leases])
      if (lease.recordSeq <= seq && this.alive(lease) !== null) this.writeAnew(lease)
    this.owedSeq = 0
    this.carryAtSeq = this.options.lastSeq() + Math.ceil(this.carriedAfter / 2)
  }

  private writeAnew({ path, holder, token, ttlMs, sinceMs, from, endsAtMs }: Lease): void {
    this.order(
      { type: 'lock', lockedPath: path, holder, ttlMs, token, sinceMs, from },
      byNobody,
      endsAtMs - ttlMs,
    )
  }

  /** `endsAtMs`: of a lease that is new. */
  private changed(endsAtMs = Number.POSITIVE_INFINITY): void {
    if (endsAtMs < this.nextEndMs) this.armFor(endsAtMs, 0)
    for (const onNews of [...this.waiters]) onNews()
  }

  private arm(pauseMs = 0): void {
    this.armFor(Math.min(...[...this.table.leases].map(lease => lease.endsAtMs)), pauseMs)
  }

  private armFor(endsAtMs: number, pauseMs: number): void {
    this.callOff()
    this.callOff = () => {}
    this.nextEndMs = endsAtMs
    if (!this.hasBegun || endsAtMs === Number.POSITIVE_INFINITY) return
    const inMs = Math.max(pauseMs, Math.ceil(endsAtMs - this.now.monotonicMs))
    this.callOff = this.options.timers.after(inMs, () => this.onTime())
  }

  /** Where the journal takes nothing now, the end is written later; until then nobody gets the path. */
  private onTime(): void {
    try {
      if (this.options.refusal() === null) this.endDue()
    } catch (error) {
      this.options.log.warn({ err: error }, 'the end of a lock is not written yet')
    }
    this.arm(this.isDue ? againAfterMs : 0)
  }

  private get isDue(): boolean {
    return [...this.table.leases].some(lease => this.alive(lease) === null)
  }
}

const byNobody = { client: null, operation: null }

function assertTtl(ttlMs: number): void {
  if (ttlMs >= lockTtlMsMin && ttlMs <= lockTtlMsMax) return
  throw new ConcurError('USAGE', `a lock lasts ${lockTtlMsMin} to ${lockTtlMsMax} ms, not ${ttlMs}`)
}
