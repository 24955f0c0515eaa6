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
  /** Where it stands among those that wait; -1 when it does not any more. */
  place: number
  silentTicks: number
  held: boolean
  readonly onSilence: () => void
}

const ticksPerLimit = 8

export class Silence {
  private readonly timers: Timers
  private readonly limitMs: number
  /** In no order: what ends gives its place to the last. A Set that churns as this does would keep garbage alive. */
  private readonly waiting: Waiting[] = []
  private isTicking = false

  constructor(options: { timers: Timers; limitMs: number }) {
    this.timers = options.timers
    this.limitMs = options.limitMs
  }

  /** `onSilence` is called once, when nothing was heard for the limit. */
  begin(onSilence: () => void): Wait {
    const wait: Waiting = { place: this.waiting.length, silentTicks: 0, held: false, onSilence }
    this.waiting.push(wait)
    if (!this.isTicking) this.tickLater()
    return {
      heard: () => {
        wait.silentTicks = 0
        wait.held = false
      },
      hold: () => {
        wait.held = true
      },
      end: () => this.remove(wait),
    }
  }

  private tickLater(): void {
    this.isTicking = true
    this.timers.after(this.limitMs / ticksPerLimit, () => {
      this.isTicking = false
      for (const wait of [...this.waiting]) this.tick(wait)
      if (this.waiting.length > 0) this.tickLater()
    })
  }

  private tick(wait: Waiting): void {
    if (wait.held || wait.place < 0 || ++wait.silentTicks <= ticksPerLimit) return
    this.remove(wait)
    wait.onSilence()
  }

  private remove(wait: Waiting): void {
    if (wait.place < 0) return
    const last = this.waiting.pop()!
    if (last !== wait) {
      this.waiting[wait.place] = last
      last.place = wait.place
    }
    wait.place = -1
  }
}
