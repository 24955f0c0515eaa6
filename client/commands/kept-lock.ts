/**
 * A lock that is renewed while something runs under it: each third of its time. When the server says that it is not ours any
 * more it is lost, for good: it is renewed by its token, never taken anew. A server that cannot be reached says nothing of
 * that, and is asked again soon.
 */
import type { ConcurError } from '../../protocol/errors.ts'
import type { LockIs } from '../../protocol/lock-messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Cancel, Timers } from '../../protocol/world.ts'
import type { ConcurClient } from '../concur-client.ts'
import { NoServerError } from '../connecting.ts'
import { tellable } from '../words/tellable.ts'

/** Milliseconds between two tries while nothing is heard. */
const againAfterMs = 1_000
/** How often the end is tried. */
const endTriesMax = 5

export interface HeldLock {
  readonly path: FilePath
  readonly ttlMs: number
  readonly token: number
}

export interface KeptLockOptions extends HeldLock {
  readonly client: Pick<ConcurClient, 'lock' | 'unlock'>
  readonly timers: Timers
  /** It is not ours any more. */
  readonly onLost: (error: ConcurError) => void
}

export class KeptLock {
  /** Why it is not ours any more, or null. */
  lost: ConcurError | null = null
  private readonly options: KeptLockOptions
  private isOver = false
  private callOff: Cancel = () => {}

  constructor(options: KeptLockOptions) {
    this.options = options
    this.renewAfter(options.ttlMs / 3)
  }

  /** Gives it back. @throws ConcurError: it was not ours any more, or that cannot be known. */
  async end(): Promise<LockIs> {
    const { client, timers, path, token } = this.options
    this.isOver = true
    this.callOff()
    if (this.lost !== null) throw this.lost
    for (let tries = 1; ; tries++) {
      try {
        return await client.unlock({ path, token })
      } catch (error) {
        if (!(error instanceof NoServerError) || tries === endTriesMax) throw error
        await new Promise<void>(resolve => timers.after(againAfterMs, resolve))
      }
    }
  }

  private renewAfter(ms: number): void {
    this.callOff = this.options.timers.after(ms, () => void this.renew())
  }

  private async renew(): Promise<void> {
    const { client, path, ttlMs, token, onLost } = this.options
    try {
      await client.lock({ path, ttlMs, token })
      if (!this.isOver) this.renewAfter(ttlMs / 3)
    } catch (error) {
      if (this.isOver) return
      const { code } = tellable(error)
      if (code !== 'STALE_TOKEN' && code !== 'LOCKED')
        return this.renewAfter(Math.min(ttlMs / 3, againAfterMs))
      this.lost = tellable(error)
      onLost(this.lost)
    }
  }
}
