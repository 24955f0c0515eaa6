/**
 * Requests to one replica that wait for its next word, and the patience with each. One timer for all of them. A
 * node that hashes says so twice a second and is waited for. Patience is counted in ticks of that timer and not by
 * the clock: a coordinator that was itself stopped for a while does not take its own pause for a replica's silence.
 */
import { type Placed, Unordered } from '../protocol/unordered.ts'
import type { Timers } from '../protocol/world.ts'

export interface Wait {
  /** Something was heard. */
  heard(): void
  /** It is our turn to go on: nothing is due from the node until `heard`. */
  hold(): void
  end(): void
}

const ticksPerLimit = 8

class Waiting implements Wait, Placed {
  place = -1
  silentTicks = 0
  isHeld = false
  readonly onSilence: () => void
  private readonly all: Unordered<Waiting>

  constructor(all: Unordered<Waiting>, onSilence: () => void) {
    this.all = all
    this.onSilence = onSilence
  }

  heard(): void {
    this.silentTicks = 0
    this.isHeld = false
  }

  hold(): void {
    this.isHeld = true
  }

  end(): void {
    this.all.remove(this)
  }
}

export class Silence {
  private readonly timers: Timers
  private readonly limitMs: number
  private readonly waiting = new Unordered<Waiting>()
  private isTicking = false

  constructor(options: { timers: Timers; limitMs: number }) {
    this.timers = options.timers
    this.limitMs = options.limitMs
  }

  /** `onSilence` is called once, when nothing was heard for the limit. */
  begin(onSilence: () => void): Wait {
    const wait = new Waiting(this.waiting, onSilence)
    this.waiting.add(wait)
    if (!this.isTicking) this.tickLater()
    return wait
  }

  private tickLater(): void {
    this.isTicking = true
    this.timers.after(this.limitMs / ticksPerLimit, () => {
      this.isTicking = false
      for (const wait of this.waiting.all()) tick(wait)
      if (this.waiting.size > 0) this.tickLater()
    })
  }
}

function tick(wait: Waiting): void {
  if (wait.isHeld || wait.place < 0 || ++wait.silentTicks <= ticksPerLimit) return
  wait.end()
  wait.onSilence()
}
