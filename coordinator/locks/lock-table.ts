/**
 * Who holds which path: what the records of locks add up to. A path has one lease at the most, and a token that grows with
 * each grant and each theft, and never goes back; whose lock was stolen is known until he locks or unlocks the path again.
 * What is ordered counts at once, and can be undone until it is settled. Pure: knows no journal, and no time but what it is
 * told. Clause: DESIGN.md section 7, "Locks".
 *
 * Of paths that nobody holds only so many are known. What is forgotten was at most `floor`: no token up to there proves
 * anything, unless it is that of a lease.
 */
import type { ClientId } from '../../protocol/ids.ts'
import { type FilePath, foldersAbove } from '../../protocol/path.ts'
import type { JournalRecord, LockChange } from '../../protocol/record.ts'

export interface Lease {
  readonly path: FilePath
  readonly holder: ClientId
  readonly token: number
  readonly ttlMs: number
  /** By the wall clock, for people. */
  readonly sinceMs: number
  readonly from: string
  /** The latest record that says so. */
  readonly recordSeq: number
  /** By the monotonic clock. */
  readonly endsAtMs: number
}

/** What made the newest token of a path, and who did it. */
export interface Newest {
  readonly path: FilePath
  readonly token: number
  readonly how: 'locked' | 'stolen'
  readonly client: ClientId | null
  readonly atMs: number
  readonly from: string
}

/** A record of a lock. */
export type LockRecord = Pick<JournalRecord, 'seq' | 'timeMs' | 'client'> & { readonly change: LockChange }

interface PathLocks {
  readonly newest: Newest
  lease: Lease | null
  /** Whose locks were stolen: their tokens. */
  readonly stolen: ReadonlyMap<ClientId, number>
}

/** What a record made of its path; and what the path was before, as long as it may be undone. */
export interface Taken extends PathLocks {
  before: Taken | null
  isUndone: boolean
}

/** How many thefts of one path are known. */
const stolenMax = 32

export class LockTable {
  /** Tokens up to here may be older than one that was forgotten. */
  floor = 0
  private readonly keptMax: number
  /** Those whose token changed last at the end. */
  private readonly paths = new Map<FilePath, Taken>()
  private readonly held = new Map<FilePath, Lease>()

  constructor(options: { keptMax: number }) {
    this.keptMax = options.keptMax
  }

  /** Begins anew with what a journal tells from `floor` on. */
  restart(floor: number, records: readonly LockRecord[]): void {
    this.paths.clear()
    this.held.clear()
    this.floor = floor
    for (const record of records) this.settle(this.take(record, 0))
  }

  get leases(): Iterable<Lease> {
    return this.held.values()
  }

  get leaseCount(): number {
    return this.held.size
  }

  /** A record was ordered. */
  take(record: LockRecord, nowMs: number): Taken {
    const { lockedPath: path } = record.change
    const before = this.paths.get(path) ?? null
    const taken = { ...after(before, record, nowMs), before, isUndone: false }
    this.set(path, taken)
    this.forget()
    return taken
  }

  /** It exists for ever. */
  settle(taken: Taken): void {
    taken.before = null
  }

  /** The record is not there any more. */
  undo(taken: Taken): void {
    taken.isUndone = true
    const { path } = taken.newest
    let now: Taken | null = this.paths.get(path) ?? null
    while (now?.isUndone) now = now.before
    this.set(path, now)
  }

  /** Every lease lasts as long as it was granted for, from now on. */
  renewAll(nowMs: number): void {
    for (const [path, taken] of this.paths) {
      for (let at: Taken | null = taken; at !== null; at = at.before)
        if (at.lease !== null) at.lease = { ...at.lease, endsAtMs: nowMs + at.lease.ttlMs }
      this.set(path, taken)
    }
  }

  /** The path's own. */
  leaseOf(path: FilePath): Lease | null {
    return this.held.get(path) ?? null
  }

  /** The lease that covers the path: its own, or that of the nearest folder above it. */
  covering(path: FilePath): Lease | null {
    for (const at of withFoldersAbove(path)) {
      const lease = this.held.get(at)
      if (lease !== undefined) return lease
    }
    return null
  }

  /** Somebody else's lease that covers the path; with `below`, also one of what lies below it. */
  inTheWay(path: FilePath, client: ClientId | null, below: boolean): Lease | null {
    for (const at of withFoldersAbove(path)) {
      const lease = this.held.get(at)
      if (lease !== undefined && lease.holder !== client) return lease
    }
    if (!below) return null
    for (const lease of this.held.values())
      if (lease.holder !== client && isBelow(lease.path, path)) return lease
    return null
  }

  /** What made the newest token of the path and of the folders above it; with `below`, also of what lies below it. */
  newestOf(path: FilePath, below: boolean): Newest | null {
    return this.at(path, below).reduce<Newest | null>(
      (newest, taken) => (newest === null || taken.newest.token > newest.token ? taken.newest : newest),
      null,
    )
  }

  /** The token that this client's lock had before it was stolen; null: none was. */
  stolenFrom(path: FilePath, client: ClientId | null, below: boolean): number | null {
    if (client === null) return null
    const taken = this.at(path, below).find(({ stolen }) => stolen.has(client))
    return taken?.stolen.get(client) ?? null
  }

  private at(path: FilePath, below: boolean): Taken[] {
    const found = withFoldersAbove(path).flatMap(at => this.paths.get(at) ?? [])
    if (below) for (const [at, taken] of this.paths) if (isBelow(at, path)) found.push(taken)
    return found
  }

  private set(path: FilePath, taken: Taken | null): void {
    const isNewToken = this.paths.get(path)?.newest.token !== taken?.newest.token
    if (isNewToken || taken === null) this.paths.delete(path)
    if (taken !== null) this.paths.set(path, taken)
    if (taken?.lease) this.held.set(path, taken.lease)
    else this.held.delete(path)
  }

  private forget(): void {
    if (this.paths.size - this.held.size <= this.keptMax) return
    for (const [path, { newest, lease }] of this.paths) {
      if (lease !== null) continue
      this.paths.delete(path)
      this.floor = Math.max(this.floor, newest.token)
      return
    }
  }
}

function after(before: PathLocks | null, record: LockRecord, nowMs: number): PathLocks {
  const { seq, timeMs, client, change } = record
  const { lockedPath: path, from } = change
  if (change.type === 'lock') {
    const { holder, ttlMs, sinceMs } = change
    const token = change.token ?? seq
    const lease = { path, holder, token, ttlMs, sinceMs, from, recordSeq: seq, endsAtMs: nowMs + ttlMs }
    const newest: Newest = { path, token, how: 'locked', client: holder, atMs: sinceMs, from }
    const isOlder = before !== null && before.newest.token > token
    return { newest: isOlder ? before.newest : newest, lease, stolen: without(before?.stolen, holder) }
  }
  const lease = before?.lease ?? null
  const isOver = lease?.token === change.token
  const left = isOver ? null : lease
  const newest: Newest = before?.newest ?? {
    ...{ path, token: change.token, how: 'locked', client, atMs: timeMs, from },
  }
  if (change.how !== 'stolen') {
    const stolen = change.how === 'released' && client !== null ? without(before?.stolen, client) : null
    return { newest, lease: left, stolen: stolen ?? before?.stolen ?? new Map() }
  }
  const stolen = new Map(before?.stolen)
  if (isOver) stolen.set(lease.holder, lease.token)
  for (const earliest of stolen.keys()) if (stolen.size > stolenMax) stolen.delete(earliest)
  return { newest: { path, token: seq, how: 'stolen', client, atMs: timeMs, from }, lease: left, stolen }
}

function without(
  stolen: ReadonlyMap<ClientId, number> | undefined,
  client: ClientId,
): ReadonlyMap<ClientId, number> {
  if (stolen === undefined || !stolen.has(client)) return stolen ?? new Map()
  return new Map([...stolen].filter(([from]) => from !== client))
}

/** The nearest first. */
function withFoldersAbove(path: FilePath): FilePath[] {
  return [path, ...foldersAbove(path)]
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`)
}
