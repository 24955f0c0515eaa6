/**
 * A lock or its end, until its outcome is known: sent again as the same operation where no answer came, over whichever server
 * of the list takes it, so that it happens once. Clause: protocol/README.md "LOCK".
 */
import { addressText } from '../../protocol/addresses.ts'
import type { Connection } from '../../protocol/connection.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { LockIs } from '../../protocol/lock-messages.ts'
import type { Operation } from '../../protocol/record.ts'
import type { Cancel, Timers } from '../../protocol/world.ts'
import { type Connected, NoServerError } from '../connecting.ts'
import { SilentError } from '../reading/ask-once.ts'
import {
  asUnreachable,
  hopeless,
  pauseMsMax,
  pauseMsMin,
  sentAgainWithinMs,
  speakForThemselves,
} from './change.ts'
import type { Operations } from './operations.ts'

export interface LockAttemptOptions {
  /** One attempt. @throws ConcurError. */
  readonly ask: (connection: Connection, operation: Operation) => Promise<LockIs>
  readonly connect: () => Promise<Connected>
  /** Nobody waits for the outcome any more. */
  readonly isAbandoned: () => boolean
  readonly operations: Operations
  readonly timers: Timers
}

/** @throws ConcurError what the server says; TIMEOUT when nobody says whether it was done; NoServerError. */
export async function attemptLock(options: LockAttemptOptions): Promise<LockIs> {
  const { ask, connect, operations, timers } = options
  let connected = await connect()
  const operation = operations.next(connected)
  const patience = new Patience(options)
  try {
    for (let isFirst = true; ; isFirst = false) {
      try {
        if (!isFirst) connected = await connect()
        return await ask(connected.connection, operation)
      } catch (error) {
        const loss = asConcurError(error)
        if (isLastWord(loss, connected, isFirst)) throw asUnreachable(loss)
        if (isUseless(loss, connected, isFirst) || !(await patience.pause(timers)))
          throw unknown(loss, connected)
      }
    }
  } finally {
    patience.end()
  }
}

/** How long, and how often, it is tried again. */
class Patience {
  private readonly isAbandoned: () => boolean
  private pauseMs = pauseMsMin
  private isTooLate = false
  private callOff: Cancel | null = null

  constructor({ isAbandoned }: Pick<LockAttemptOptions, 'isAbandoned'>) {
    this.isAbandoned = isAbandoned
  }

  /** @returns whether to try again, after a pause. */
  async pause(timers: Timers): Promise<boolean> {
    this.callOff ??= timers.after(sentAgainWithinMs, () => {
      this.isTooLate = true
    })
    if (this.isOver) return false
    await new Promise<void>(resolve => timers.after(this.pauseMs, resolve))
    this.pauseMs = Math.min(2 * this.pauseMs, pauseMsMax)
    return !this.isOver
  }

  end(): void {
    this.callOff?.()
  }

  private get isOver(): boolean {
    return this.isTooLate || this.isAbandoned()
  }
}

/** Whether it was said over a connection that is there, by somebody who knows what became of every attempt. */
function isLastWord(error: ConcurError, { connection, peer }: Connected, isFirst: boolean): boolean {
  if (error instanceof NoServerError || error instanceof SilentError || !connection.isOpen) return false
  const { code } = error
  if (code === 'BUSY' || code === 'NOT_COORDINATOR' || speakForThemselves.includes(code)) return isFirst
  return code !== 'TIMEOUT' || peer.role !== 'replica'
}

/** Whether sending again does not mend it. */
function isUseless({ code }: ConcurError, { connection }: Connected, isFirst: boolean): boolean {
  return connection.isOpen ? !isFirst && speakForThemselves.includes(code) : hopeless.includes(code)
}

/** Nobody says whether it was done. */
function unknown(error: ConcurError, { address }: Connected): ConcurError {
  const message = `no answer came, and it may have been done or not: ${addressText(address)}: ${error.message}`
  return new ConcurError('TIMEOUT', message, { cause: error })
}
