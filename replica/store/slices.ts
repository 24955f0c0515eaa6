/** Long work in this thread, cut into slices of time so that everything else has its turn. */
import type { Clock, Timers } from '../../protocol/world.ts'

/** `workMs` of work, then the other turns; with `restMs`, at least so long nothing. */
export interface Pace {
  readonly workMs: number
  readonly restMs: number
}

export class Slices {
  private readonly clock: Clock
  private readonly timers: Timers
  private readonly pace: Pace
  private endsAtMs: number

  constructor(options: { clock: Clock; timers: Timers; pace: Pace }) {
    this.clock = options.clock
    this.timers = options.timers
    this.pace = options.pace
    this.endsAtMs = this.clock.monotonicMs() + this.pace.workMs
  }

  get isUsedUp(): boolean {
    return this.clock.monotonicMs() >= this.endsAtMs
  }

  /** Lets the others have their turn; what follows is the next slice. */
  async next(): Promise<void> {
    const { timers, pace } = this
    await new Promise<void>(resolve => {
      if (pace.restMs > 0) timers.after(pace.restMs, resolve)
      else timers.endOfTurn(resolve)
    })
    this.endsAtMs = this.clock.monotonicMs() + pace.workMs
  }
}
