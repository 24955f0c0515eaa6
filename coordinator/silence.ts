/**
 * Requests to one replica that wait for its next word, and the patience with each. One timer for all of them. A
 * node that hashes says so twice a second and is waited for. Patience is counted in ticks of that timer and not by
 * the clock: a coordinator that was itself stopped for a while does not take its own pause for a replica's silence.
 */
import type { Timers } from '../protocol/world.ts'

export interface Wait {
  /** Something was heard. */
  heard(): void
  /** It is our turn to go on: nothing is due from the node until `heard`. */
  hold(): void
  end(): void
}

interface Waiting {
  silentTicks: number
  held: boolean
  readonly onSilence: () => void
}

const ticksPerLimit = 8

export class Silence {
  private readonly timers: Timers
  private readonly limitMs: number
  private readonly waiting = new Set<Waiting>()
  private isTicking = false

  constructor(options: { timers: Timers; limitMs: number }) {
    this.timers = options.timers
    this.limitMs = options.limitMs
  }

  /** `onSilence` is called once, when nothing was heard for the limit. */
  begin(onSilence: () => void): Wait {
    const wait: Waiting = { silentTicks: 0, held: false, onSilence }
    this.waiting.add(wait)
    if (!this.isTicking) this.tickLater()
    return {
      heard: () => {
        wait.silentTicks = 0
        wait.held = false
      },
      hold: () => {
        wait.held = true
      },
      end: () => this.waiting.delete(wait),
    }
  }

  private tickLater(): void {
    this.isTicking = true
    this.timers.after(this.limitMs / ticksPerLimit, () => {
      this.isTicking = false
      for (const wait of [...this.waiting]) this.tick(wait)
      if (this.waiting.size > 0) this.tickLater()
    })
  }

  private tick(wait: Waiting): void {
    if (wait.held || !this.waiting.has(wait) || ++wait.silentTicks <= ticksPerLimit) return
    this.waiting.delete(wait)
    wait.onSilence()
  }
}
