/** Asking for locks, as the library does it. Loaded with the first of them. Clause: protocol/README.md "LOCK". */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { LockIs } from '../../protocol/lock-messages.ts'
import type { BodyOf, Message } from '../../protocol/opcodes.ts'
import type { FilePath } from '../../protocol/path.ts'
import { askOnce } from '../reading/ask-once.ts'
import { attemptLock, type LockAttemptOptions } from './lock-attempts.ts'

export interface LockWish {
  readonly path: FilePath
  /** Milliseconds that the lock lasts, unless it is renewed. */
  readonly ttlMs: number
  /** Milliseconds for which others may still hold it. */
  readonly waitMs?: number
  /** Only if this is still the token of the path's lock: renews it. */
  readonly token?: number | null
}

export interface UnlockWish {
  readonly path: FilePath
  /** Whoever holds it. */
  readonly steal?: boolean
  /** Only if this is still the token of the path's lock. */
  readonly token?: number | null
}

type Asking = Omit<LockAttemptOptions, 'ask'> & { readonly silenceMs: number }

/** @returns the lock, with its token. @throws ConcurError LOCKED, STALE_TOKEN, … */
export async function askLock(
  { path, ttlMs, waitMs = 0, token = null }: LockWish,
  asking: Asking,
): Promise<LockIs> {
  const { timers } = asking
  let leftMs = waitMs
  const callOff = timers.after(waitMs, () => {
    leftMs = 0
  })
  try {
    return await attemptLock({
      ...asking,
      ask: (connection, operation) =>
        ask(connection, 'LOCK', { operation, path, ttlMs, waitMs: leftMs, token }, asking),
    })
  } finally {
    callOff()
  }
}

/** @returns what the path is then. @throws ConcurError LOCKED, STALE_TOKEN, … */
export function askUnlock(
  { path, steal = false, token = null }: UnlockWish,
  asking: Asking,
): Promise<LockIs> {
  return attemptLock({
    ...asking,
    ask: (connection, operation) => ask(connection, 'UNLOCK', { operation, path, steal, token }, asking),
  })
}

function ask<K extends 'LOCK' | 'UNLOCK'>(
  connection: Connection,
  opcode: K,
  request: BodyOf<K>,
  { timers, silenceMs }: Pick<Asking, 'timers' | 'silenceMs'>,
): Promise<LockIs> {
  return askOnce({ connection, opcode, request, timers, silenceMs, answer: lockIsOf })
}

function lockIsOf(message: Message): LockIs {
  if (message.opcode === 'LOCK_IS') return message.body
  throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to a question for a lock`)
}
