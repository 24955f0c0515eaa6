/**
 * The leases of a coordinator and their time. Each grant, renewal and end is a record, which counts from the step on in which
 * it is ordered. A lease is timed by the monotonic clock; it is over with the record of its end, which is written when it is
 * due, and before anything that relies on it. As long as it is held, the record that says so stays where every node's journal
 * has it. Clause: protocol/README.md "LOCK", DESIGN.md section 7.
 */
import type { ConcurError } from '../../protocol/errors.ts'
import type { ClientId } from '../../protocol/ids.ts'
import { tokensKeptMax } from '../../protocol/limits.ts'
import type { LeaseView } from '../../protocol/lock-messages.ts'
import type { LockChange, Operation } from '../../protocol/record.ts'
import type { Cancel, Clock, Timers } from '../../protocol/world.ts'
import type { Log } from '../../replica/program/log.ts'
import type { Awaited, Ledger } from '../ordering/ledger.ts'
import { type Lease, type LockRecord, LockTable } from './lock-table.ts'
import type { Now } from './lock-words.ts'

/** Milliseconds after which an end is tried again that could not be written. */
const againAfterMs = 1_000

/** A record of a lock that is on its way. */
export interface OrderedLock {
  readonly awaited: Awaited
  readonly change: LockChange
}

/** Who wants a record, and as which operation. */
interface By {
  readonly client: ClientId | null
  readonly operation: Operation | null
}

const nobody: By = { client: null, operation: null }

export interface LeasesOptions {
  readonly ledger: Pick<Ledger, 'order'>
  /** The seq of the last record. */
  readonly lastSeq: () => number
  /** Records that every node keeps at least. */
  readonly journalKeep: number
  /** Why no changes are taken, or null. */
  readonly refusal: () => ConcurError | null
  /** Why what a client wants has too few nodes, or null. */
  readonly tooFew: (inSync: number) => string | null
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

export class Leases {
  readonly table = new LockTable({ keptMax: tokensKeptMax })
  private readonly options: LeasesOptions
  /** A lease whose record is so far back is written anew. */
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

  constructor(options: LeasesOptions) {
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

  get now(): Now {
    const { clock } = this.options
    return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() }
  }

  /** @returns null for a lease that has lasted long enough. */
  alive(lease: Lease | null): Lease | null {
    return lease !== null && lease.endsAtMs > this.now.monotonicMs ? lease : null
  }

  viewOf({ path, holder, token, sinceMs, from, endsAtMs }: Lease): LeaseView {
    const expiresInMs = Math.max(0, Math.ceil(endsAtMs - this.now.monotonicMs))
    return { path, holder, token, sinceMs, expiresInMs, from }
  }

  /** Writes what is due, before anything that relies on it. @throws ConcurError when the ledger takes nothing. */
  toNow(): void {
    this.carry()
    this.endDue()
  }

  /** `beganMs`: from when on a lease lasts. @throws ConcurError when the ledger takes nothing. */
  order(change: LockChange, by: By = nobody, beganMs = this.now.monotonicMs): OrderedLock {
    const { ledger, tooFew } = this.options
    const isClients = by.client !== null
    const awaited = ledger.order({ change, ...by, body: null }, isClients ? tooFew : () => null)
    const record = { seq: awaited.seq, timeMs: this.now.wallMs, client: by.client, change }
    const taken = this.table.take(record, beganMs)
    awaited.done.then(
      () => this.table.settle(taken),
      () => {
        this.table.undo(taken)
        this.armAgain()
        this.tellOver()
      },
    )
    const endsAtMs = taken.lease?.endsAtMs ?? Number.POSITIVE_INFINITY
    if (endsAtMs < this.nextEndMs) this.armFor(endsAtMs, 0)
    if (change.type === 'unlock') this.tellOver()
    return { awaited, change }
  }

  /** Leases whose records are not behind `seq` are written anew: some journal begins there. */
  carryBeyond(seq: number): void {
    this.owedSeq = Math.max(this.owedSeq, seq)
    this.carry()
  }

  private carry(): void {
    const { lastSeq, refusal } = this.options
    if (this.owedSeq === 0 && lastSeq() < this.carryAtSeq) return
    if (!this.hasBegun || refusal() !== null) return
    const seq = Math.max(this.owedSeq, lastSeq() - this.carriedAfter)
    for (const lease of [...this.table.leases])
      if (lease.recordSeq <= seq && this.alive(lease) !== null) this.writeAnew(lease)
    this.owedSeq = 0
    this.carryAtSeq = lastSeq() + Math.ceil(this.carriedAfter / 2)
  }

  /** It lasts no longer for it. */
  private writeAnew({ path, holder, token, ttlMs, sinceMs, from, endsAtMs }: Lease): void {
    const change: LockChange = { type: 'lock', lockedPath: path, holder, ttlMs, token, sinceMs, from }
    this.order(change, nobody, endsAtMs - ttlMs)
  }

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

  /** Where the journal takes nothing now, the end is written later; until then nobody gets the path. */
  private onTime(): void {
    try {
      if (this.options.refusal() === null) this.endDue()
    } catch (error) {
      this.options.log.warn({ err: error }, 'the end of a lock is not written yet')
    }
    this.armAgain()
  }

  private armAgain(): void {
    const isDue = [...this.table.leases].some(lease => this.alive(lease) === null)
    this.arm(isDue ? againAfterMs : 0)
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

  private tellOver(): void {
    for (const onNews of [...this.waiters]) onNews()
  }
}
