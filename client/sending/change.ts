/**
 * A change, until its outcome is known or cannot be: attempts under one operation id, so that it happens once however
 * often it is sent. Where no answer came, the same operation goes out again, over whichever server of the list takes it;
 * after some time without an answer the outcome is unknown, unless the change had never been sent whole: then nothing
 * was changed. Clause: protocol/README.md "CHANGE".
 */
import { addressText } from '../../protocol/addresses.ts'
import type { BufferPool } from '../../protocol/buffer-pool.ts'
import type { Done } from '../../protocol/change-messages.ts'
import { asConcurError, ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import type { Progress } from '../../protocol/messages.ts'
import type { Operation } from '../../protocol/record.ts'
import type { Timers } from '../../protocol/world.ts'
import type { Connected } from '../connecting.ts'
import { type ByteSource, type Pass, SourceMoved } from './byte-source.ts'
import { type TryEnd, tryChange } from './change-try.ts'
import type { Operations } from './operations.ts'
import { requestOf, type Wish } from './wish.ts'

/** Milliseconds after the first loss in which a change is sent again. */
export const sentAgainWithinMs = 30_000

/** Milliseconds before the change is sent again; doubled each time. */
export const pauseMsMin = 100
export const pauseMsMax = 2_000

/** How often a source is read that changes under the reading. */
const triesMax = 3

/** Refusals that say nothing of an earlier attempt: who speaks does not know what became of it. */
export const speakForThemselves: readonly ErrorCode[] = [
  ...(['FENCED', 'ROLLED_BACK', 'WRONG_CLUSTER', 'READ_ONLY'] as const),
  ...(['UNAUTHENTICATED', 'FORBIDDEN', 'INTERNAL'] as const),
]

/** Endings of a connection that sending again does not mend. */
export const hopeless: readonly ErrorCode[] = [
  'BAD_FRAME',
  'UNSUPPORTED_VERSION',
  'UNAUTHENTICATED',
  'FORBIDDEN',
]

/** Hears how a change goes on. */
export interface ChangeListener {
  /** An attempt begins: so many bytes are to be sent; null where only the end will tell. */
  onBegin?(bytes: number | null): void
  /** So many more bytes have left. */
  onSent?(bytes: number): void
  /** The server works on it. */
  onProgress?(progress: Progress): void
  /** No answer came, and it will be sent again. */
  onLost?(error: ConcurError): void
}

export interface ChangeOptions {
  readonly wish: Wish
  /** Null for a change without bytes. */
  readonly source: ByteSource | null
  readonly listener: ChangeListener
  readonly connect: () => Promise<Connected>
  /** Nobody waits for the outcome any more. */
  readonly isAbandoned: () => boolean
  readonly operations: Operations
  readonly pool: BufferPool
  readonly timers: Timers
  readonly silenceMs: number
}

/**
 * @returns what the server says of the change; with `error` and outcome unknown where nobody says anything.
 * @throws ConcurError when nothing was changed; CHANGED after three tries; NoServerError; what the source threw.
 */
export async function makeChange(options: ChangeOptions): Promise<Done> {
  for (let tries = 1; ; tries++) {
    const attempts = new Attempts(options)
    try {
      return await attempts.run()
    } catch (error) {
      if (!(error instanceof SourceMoved)) throw error
      if (tries === triesMax)
        throw new ConcurError('CHANGED', `${error.message}, ${triesMax} tries made`, { cause: error })
    } finally {
      attempts.end()
    }
  }
}

/** All attempts under one operation id. */
class Attempts {
  private readonly options: ChangeOptions
  private operation: Operation | null = null
  /** Of the bytes that were sent whole at least once: nothing else may be sent under this operation. */
  private sealed: { readonly identity: string } | null = null
  /** Why the latest attempt is not the last. */
  private loss: ConcurError | null = null
  private pauseMs = pauseMsMin
  private isTooLate = false
  private callOffDeadline: (() => void) | null = null

  constructor(options: ChangeOptions) {
    this.options = options
  }

  async run(): Promise<Done> {
    for (let attempt = 1; ; attempt++) {
      const connected = await this.connect(attempt)
      const wasSealed = this.sealed !== null
      const end = connected instanceof ConcurError ? lost(connected) : await this.attempt(connected)
      const settled = await this.settle(end, connected, wasSealed)
      if (settled !== null) return settled
    }
  }

  end(): void {
    this.callOffDeadline?.()
  }

  /** @throws NoServerError with the first attempt. */
  private async connect(attempt: number): Promise<Connected | ConcurError> {
    try {
      return await this.options.connect()
    } catch (error) {
      if (attempt === 1) throw error
      return asConcurError(error)
    }
  }

  private async attempt(connected: Connected): Promise<TryEnd> {
    const { options } = this
    const { wish, listener, pool, timers, silenceMs } = options
    let pass: Pass | null
    try {
      pass = options.source === null ? null : await this.begin(options.source)
    } catch (error) {
      return { is: 'unreadable', error }
    }
    this.operation ??= options.operations.next(connected)
    listener.onBegin?.(pass?.size ?? null)
    return tryChange({
      connection: connected.connection,
      request: requestOf(wish, this.operation, pass?.size ?? null),
      ...{ pass, pool, timers, silenceMs },
      onProgress: progress => listener.onProgress?.(progress),
      onSent: bytes => listener.onSent?.(bytes),
      onSealing: () => {
        this.sealed = { identity: pass?.identity ?? '' }
      },
    })
  }

  /** @throws ConcurError when the bytes of the earlier attempts are not there any more. */
  private async begin(source: ByteSource): Promise<Pass> {
    const pass = await source.begin()
    if (pass === null) throw this.notAgain('what comes only once cannot be sent again')
    if (this.sealed === null || pass.identity === this.sealed.identity) return pass
    pass.close()
    throw this.notAgain('it has changed, and cannot be sent again')
  }

  private notAgain(reason: string): ConcurError {
    return new ConcurError('UNREACHABLE', `${this.loss?.message ?? 'no answer came'}; ${reason}`)
  }

  /** @returns the outcome, or null when the change is to be sent again. @throws when nothing was changed. */
  private async settle(
    end: TryEnd,
    connected: Connected | ConcurError,
    wasSealed: boolean,
  ): Promise<Done | null> {
    switch (end.is) {
      case 'done':
        this.note(connected, end.done)
        return end.done
      case 'unreadable':
        return this.giveUp(end.error)
      case 'refused':
        return this.isLastWord(end.error, connected as Connected, wasSealed)
          ? this.refuse(end.error, wasSealed)
          : this.again(asUnreachable(end.error))
      case 'lost':
        return this.again(withAddress(end.error, connected))
    }
  }

  private note(connected: Connected | ConcurError, { op }: Done): void {
    if (op !== null && !(connected instanceof ConcurError))
      this.options.operations.note(connected.connection, op.seq)
  }

  /**
   * A replica that lost its coordinator with the change on the way does not know what became of it: TIMEOUT. One that
   * could not pass it on, NOT_COORDINATOR, and who is too busy, know nothing of an earlier attempt.
   */
  private isLastWord({ code }: ConcurError, { peer }: Connected, wasSealed: boolean): boolean {
    if (this.sealed === null) return true
    if (code === 'BUSY' || code === 'NOT_COORDINATOR') return !wasSealed
    return code !== 'TIMEOUT' || peer.role !== 'replica'
  }

  private refuse(error: ConcurError, wasSealed: boolean): Done {
    if (wasSealed && speakForThemselves.includes(error.code)) return unknownOutcome(error)
    throw asUnreachable(error)
  }

  /** @returns null after a pause, or the end when sending again is of no use. */
  private async again(error: ConcurError): Promise<Done | null> {
    const { timers, listener } = this.options
    this.loss = error
    this.callOffDeadline ??= timers.after(sentAgainWithinMs, () => {
      this.isTooLate = true
    })
    if (!this.isOver(error)) {
      listener.onLost?.(error)
      await new Promise<void>(resolve => timers.after(this.pauseMs, resolve))
      this.pauseMs = Math.min(2 * this.pauseMs, pauseMsMax)
    }
    if (!this.isOver(error)) return null
    return this.giveUp(
      new ConcurError(error.code, `${error.message}; nothing was changed`, { cause: error }),
      error,
    )
  }

  private isOver({ code }: ConcurError): boolean {
    return this.isTooLate || this.options.isAbandoned() || hopeless.includes(code)
  }

  /** @throws `error`, where nothing can have been changed. */
  private giveUp(error: unknown, reason = error): Done {
    if (this.sealed === null) throw error
    return unknownOutcome(asConcurError(reason))
  }
}

/** That a replica is alone means to a person that too few nodes can be reached. */
export function asUnreachable(error: ConcurError): ConcurError {
  if (error.code !== 'NOT_COORDINATOR') return error
  return new ConcurError('UNREACHABLE', error.message, { cause: error })
}

function lost(error: ConcurError): TryEnd {
  return { is: 'lost', error }
}

function withAddress(error: ConcurError, connected: Connected | ConcurError): ConcurError {
  if (connected instanceof ConcurError) return error
  return new ConcurError(error.code, `${addressText(connected.address)}: ${error.message}`, { cause: error })
}

/** Nobody says whether it was done. */
function unknownOutcome({ message }: ConcurError): Done {
  return {
    op: null,
    digest: null,
    size: 0,
    applied: [],
    behind: [],
    kept: [],
    replaced: [],
    of: 0,
    error: { code: 'TIMEOUT', message: `no answer came, and it may have been done or not: ${message}` },
    outcome: 'unknown',
  }
}
