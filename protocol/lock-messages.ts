/** What the frames of locks say. Clause: README.md "LOCK". */
import { flag, list, oneOf, optional, struct, u64, type ValueOf } from './codec.ts'
import { clientId, path, peerText, timeMs } from './fields.ts'
import { locksMax } from './limits.ts'
import { operation } from './record.ts'

/** `token`: only where this is still the path's lock. `waitMs`: how long the request may stay open while others hold it. */
export const lock = struct(() => ({ operation, path, ttlMs: u64, waitMs: u64, token: optional(u64) }))
export type LockRequest = ValueOf<typeof lock>

/** `steal`: whoever holds it. `token`: only where this is still the path's lock. */
export const unlock = struct(() => ({ operation, path, steal: flag, token: optional(u64) }))
export type UnlockRequest = ValueOf<typeof unlock>

export const check = struct(() => ({ path }))

/** A lock that is held now. */
export const lease = struct(() => ({
  path,
  holder: clientId,
  token: u64,
  sinceMs: timeMs,
  expiresInMs: u64,
  /** From where it was asked for. */
  from: peerText,
}))
export type LeaseView = ValueOf<typeof lease>

export const leases = list(lease, locksMax)

/** What a path is to whoever asks; `lease`: the one that makes it so, which may be that of a folder above, or be below. */
export const lockIs = struct(() => ({ state: oneOf(['free', 'mine', 'held']), lease: optional(lease) }))
export type LockIs = ValueOf<typeof lockIs>
