/** What a refusal says of a lock: who holds it, since when, until when, and from where. Pure. */
import { ConcurError } from '../../protocol/errors.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Lease, Newest } from './lock-table.ts'

/** Both clocks, read in one moment. */
export interface Now {
  readonly wallMs: number
  readonly monotonicMs: number
}

/** Somebody else's lease is in the way of what was to become of the path. */
export function lockedError(path: FilePath, lease: Lease, now: Now): ConcurError {
  return new ConcurError('LOCKED', `${path}: ${heldText(path, lease, now)}`)
}

export interface Stale {
  readonly path: FilePath
  /** Why, up to the newest token. */
  readonly what: string
  /** What made the newest token. */
  readonly newest: Newest | null
  /** The lease that there is now. */
  readonly lease: Lease | null
}

export function staleError({ path, what, newest, lease }: Stale, now: Now): ConcurError {
  return new ConcurError('STALE_TOKEN', `${path}: ${what}; ${sinceText(path, newest, lease, now)}`)
}

function sinceText(path: FilePath, newest: Newest | null, lease: Lease | null, now: Now): string {
  if (newest === null) return 'nobody holds it now'
  const isHeld = lease !== null && lease.token === newest.token
  if (isHeld) return `the newest is ${newest.token}, ${heldText(path, lease, now)}`
  return `${newestText(path, newest)}, and ${lease === null ? 'nobody holds it now' : heldText(path, lease, now)}`
}

function heldText(path: FilePath, { holder, sinceMs, from, endsAtMs, ...lease }: Lease, now: Now): string {
  const untilMs = now.wallMs + Math.max(0, endsAtMs - now.monotonicMs)
  const where = lease.path === path ? '' : `${lease.path} is `
  return `${where}locked by ${holder} since ${timeText(sinceMs)} until ${timeText(untilMs)} from ${from}`
}

function newestText(path: FilePath, { token, how, client, atMs, from, ...newest }: Newest): string {
  const who = client ?? 'somebody'
  const what = newest.path === path ? 'it' : newest.path
  const did = how === 'stolen' ? `stole the lock of ${what}` : `locked ${what}`
  return `the newest is ${token}: ${who} ${did} at ${timeText(atMs)} from ${from}`
}

/** The last time that has a name. */
const lastTimeMs = 8.64e15

function timeText(ms: number): string {
  return new Date(Math.min(Math.floor(ms), lastTimeMs)).toISOString()
}
