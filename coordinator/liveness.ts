/**
 * Whether a replica is there: a pure function of its link, of the set that changes wait for, and of the age of the last
 * thing heard from it.
 * Of those that changes wait for, one is up as long as it is heard, and suspect when it is late; with an open link alone it
 * is catching up.
 */
import type { ReplicaState } from '../protocol/messages.ts'

/** After so many timeouts without a byte a link counts as lost. */
const timeoutsUntilDown = 3

export function replicaState(
  link: { isOpen: boolean; isInSync: boolean; heardMsAgo: number },
  heartbeatTimeoutMs: number,
): ReplicaState {
  if (!link.isOpen || link.heardMsAgo > timeoutsUntilDown * heartbeatTimeoutMs) return 'down'
  if (!link.isInSync) return 'catching-up'
  return link.heardMsAgo > heartbeatTimeoutMs ? 'suspect' : 'up'
}

const backoffFirstMs = 100
const backoffLastMs = 5_000

/**
 * @param attempts dials that have failed since the link was last open, at least 1.
 * @param fraction chance, 0 ≤ fraction < 1, so that nodes do not dial in step.
 * @returns milliseconds until the next dial: 100 ms doubling to 5 s, less up to half.
 */
export function backoffMs(attempts: number, fraction: number): number {
  const full = Math.min(backoffLastMs, backoffFirstMs * 2 ** Math.min(attempts - 1, 16))
  return Math.max(backoffFirstMs, Math.round(full * (1 - fraction / 2)))
}
