/**
 * Patience with a server that owes us a word. It is counted in ticks of a timer and not by the clock, so that a client
 * that was itself stopped for a while does not take its own pause for the server's silence.
 */
import type { Cancel, Timers } from '../protocol/world.ts'

const ticksPerLimit = 8

export class Silence {
  private readonly timers: Timers
  private readonly tickMs: number
  private readonly onSilent: () => void
  private silentTicks = 0
  private isHeld = false
  private callOff: Cancel

  /** `onSilent` is called once, when nothing was heard for `limitMs`. */
  constructor(options: { timers: Timers; limitMs: number; onSilent: () => void }) {
    this.timers = options.timers
    this.tickMs = options.limitMs / ticksPerLimit
    this.onSilent = options.onSilent
    this.callOff = this.tickLater()
  }

  /** The server said something. */
  heard(): void {
    this.silentTicks = 0
  }

  /** It is our turn: the server waits for us until `release`. */
  hold(): void {
    this.isHeld = true
  }

  release(): void {
    this.isHeld = false
    this.silentTicks = 0
  }

  end(): void {
    this.callOff()
  }

  private tickLater(): Cancel {
    return this.timers.after(this.tickMs, () => {
      if (!this.isHeld) this.silentTicks++
      if (this.silentTicks > ticksPerLimit) return this.onSilent()
      this.callOff = this.tickLater()
    })
  }
}
