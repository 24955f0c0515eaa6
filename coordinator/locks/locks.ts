/**
 * What clients ask of locks, and what a change may not touch: decided over the leases that there are, in one uninterrupted
 * step each. Clause: protocol/README.md "LOCK", DESIGN.md section 5 step 2.
 */
import { ConcurError } from '../../protocol/errors.ts'
import type { ClientId } from '../../protocol/ids.ts'
import { locksMax, lockTtlMsMax, lockTtlMsMin } from '../../protocol/limits.ts'
import type { LeaseView, LockIs, LockRequest, UnlockRequest } from '../../protocol/lock-messages.ts'
import { compareUtf8, type FilePath } from '../../protocol/path.ts'
import type { LockChange } from '../../protocol/record.ts'
import type { Log } from '../../replica/program/log.ts'
import type { Leases, OrderedLock } from './leases.ts'
import { lockedError, staleError } from './lock-words.ts'

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
  /** The newest token when it began, where it is bound to that. */
  readonly bound: number | null
}

export class Locks {
  private readonly leases: Leases
  private readonly log: Log

  constructor(options: { leases: Leases; log: Log }) {
    this.leases = options.leases
    this.log = options.log
  }

  /** @throws ConcurError LOCKED, STALE_TOKEN, USAGE, BUSY; what the ledger says. */
  lock(request: LockRequest, { client, from }: Asker): OrderedLock {
    const { path, ttlMs, token, operation } = request
    assertTtl(ttlMs)
    this.leases.toNow()
    this.assertToken(path, token)
    const other = this.leases.table.inTheWay(path, client, true)
    if (other !== null) throw lockedError(path, other, this.leases.now)
    const own = this.leases.table.leaseOf(path)
    if (own === null && this.leases.table.leaseCount >= locksMax)
      throw new ConcurError('BUSY', `${path}: ${locksMax} locks are held already`)
    const sinceMs = own?.sinceMs ?? this.leases.now.wallMs
    const change: LockChange = {
      type: 'lock',
      lockedPath: path,
      ...{ holder: client, ttlMs, token: own?.token ?? null, sinceMs, from },
    }
    return this.leases.order(change, { client, operation })
  }

  /** @returns null: there is nothing to end. @throws ConcurError LOCKED, STALE_TOKEN; what the ledger says. */
  unlock(request: UnlockRequest, { client, from }: Asker): OrderedLock | null {
    const { path, steal, token, operation } = request
    this.leases.toNow()
    this.assertToken(path, token)
    const lease = this.leases.table.leaseOf(path)
    const stolen = this.leases.table.stolenFrom(path, client, false)
    if (lease === null && stolen === null) return null
    const isOthers = lease !== null && lease.holder !== client
    if (isOthers && !steal) throw lockedError(path, lease, this.leases.now)
    const how = isOthers ? 'stolen' : 'released'
    const change: LockChange = { type: 'unlock', lockedPath: path, token: lease?.token ?? stolen!, how, from }
    const ordered = this.leases.order(change, { client, operation })
    if (isOthers) {
      const { holder, token, sinceMs } = lease
      this.log.warn({ client, from, path, holder, token, sinceMs }, 'lock stolen')
    }
    return ordered
  }

  /** What the path is to this client: what hinders it from being locked, or its own lock. */
  stateOf(path: FilePath, client: ClientId | null): LockIs {
    const other = this.leases.alive(this.leases.table.inTheWay(path, client, true))
    if (other !== null) return { state: 'held', lease: this.leases.viewOf(other) }
    const own = this.leases.alive(this.leases.table.covering(path))
    return own === null ? { state: 'free', lease: null } : { state: 'mine', lease: this.leases.viewOf(own) }
  }

  /** All that are held, by their paths. */
  all(): LeaseView[] {
    const leases = [...this.leases.table.leases].filter(lease => this.leases.alive(lease) !== null)
    return leases.sort((a, b) => compareUtf8(a.path, b.path)).map(lease => this.leases.viewOf(lease))
  }

  /** The newest token of these paths, to which a change is bound that begins now. */
  tokenOf(paths: readonly FilePath[]): number {
    return Math.max(0, ...paths.map(path => this.leases.table.newestOf(path, false)?.token ?? 0))
  }

  /**
   * In the step in which a change is ordered, and before its bytes are taken.
   * @throws ConcurError STALE_TOKEN, LOCKED; what the ledger says of an end that has to be written first.
   */
  admit(touching: Touching): void {
    const { paths, below, client } = touching
    this.leases.toNow()
    for (const path of paths) this.assertNotStale(path, touching)
    for (const path of paths) {
      const other = this.leases.table.inTheWay(path, client, below)
      if (other !== null) throw lockedError(path, other, this.leases.now)
    }
  }

  private assertNotStale(path: FilePath, { below, client, fence, bound }: Touching): void {
    const { table, now } = this.leases
    const newest = table.newestOf(path, below)
    const stale = (what: string) => staleError({ path, what, newest, lease: table.covering(path) }, now)
    if (fence !== null && this.isOld(fence, newest?.token ?? 0))
      throw stale(`the token ${fence} is older than the newest`)
    const stolen = fence === null ? this.stolenFrom(path, client, below) : null
    if (stolen !== null)
      throw stale(`the lock of ${client} (token ${stolen}) was stolen; lock or unlock it again first`)
    if (bound !== null && (newest?.token ?? 0) > bound)
      throw stale(
        bound === 0 ? 'it was locked since this change began' : `this change began with the token ${bound}`,
      )
  }

  /** Who has locked it again since, or what is above it, goes by that. */
  private stolenFrom(path: FilePath, client: ClientId | null, below: boolean): number | null {
    const { table } = this.leases
    const stolen = table.stolenFrom(path, client, below)
    const own = table.covering(path)
    return stolen !== null && own?.holder === client && own.token > stolen ? null : stolen
  }

  /** Of a token from before all that is known nobody can tell, but for one that is still the newest. */
  private isOld(fence: number, newestToken: number): boolean {
    return fence < newestToken || (fence <= this.leases.table.floor && fence !== newestToken)
  }

  /** @throws ConcurError STALE_TOKEN: it is not the lock that the client means. */
  private assertToken(path: FilePath, token: number | null): void {
    const lease = this.leases.table.leaseOf(path)
    if (token === null || lease?.token === token) return
    const newest = this.leases.table.newestOf(path, false)
    throw staleError(
      { path, what: `the lock with the token ${token} is over`, newest, lease },
      this.leases.now,
    )
  }
}

function assertTtl(ttlMs: number): void {
  if (ttlMs >= lockTtlMsMin && ttlMs <= lockTtlMsMax) return
  throw new ConcurError('USAGE', `a lock lasts ${lockTtlMsMin} to ${lockTtlMsMax} ms, not ${ttlMs}`)
}
