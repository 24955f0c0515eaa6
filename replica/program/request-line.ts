/** One line in the log for each request that this node answered: who asked what, how it ended, how long it took. */
import { asConcurError, ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import type { ClientId } from '../../protocol/ids.ts'
import type { Clock } from '../../protocol/world.ts'
import type { Log } from './log.ts'

export interface RequestLineOptions {
  /** Null where the client did not say who it is. */
  readonly client: ClientId | null
  readonly clock: Clock
  readonly log: Log
}

export type Outcome = { readonly verdict: string } | { readonly code: ErrorCode; readonly err?: unknown }

/**
 * @returns the outcome of a request that failed with `error`; what is our own mistake the log sees as it is, and nothing of
 *   what a peer calls one.
 */
export function failure(error: unknown): Outcome {
  const { code } = asConcurError(error)
  const isPeersWord = error instanceof ConcurError && error.cause === undefined
  return code === 'INTERNAL' && !isPeersWord ? { code, err: error } : { code }
}

/** @returns what to call when the request has its outcome. */
export function beginRequestLine(
  { client, clock, log }: RequestLineOptions,
  op: string,
  path: string,
): (outcome: Outcome) => void {
  const startedMs = clock.monotonicMs()
  return outcome => {
    const ms = Math.round((clock.monotonicMs() - startedMs) * 1000) / 1000
    log.info({ client, op, path, ...outcome, ms }, 'request')
  }
}
