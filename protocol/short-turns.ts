/**
 * Timers of many peers who share an event loop: what is due at once is done in turns of some milliseconds each, in order,
 * so that thousands who leave, come or ask in the same moment keep nobody else waiting. Clause: README.md "Limits".
 */
import { turnMsMax } from './limits.ts'
import type { Cancel, Clock, Timers } from './world.ts'

export class ShortTurns implements Timers {
  private readonly clock: Clock
  private readonly timers: Timers
  /** When the first of this turn asked; null: nobody has. */
  private beganMs: number | null = null
  private isNextDue = false
  /** What waits for a turn, the oldest first. */
  private waiting: (() => void)[] = []

  constructor(options: { clock: Clock; timers: Timers }) {
    this.clock = options.clock
    this.timers = options.timers
  }

  /** Whether this turn has lasted so long that what comes now has to wait for another one. */
  get isOver(): boolean {
    const nowMs = this.clock.monotonicMs()
    if (this.beganMs === null) {
      this.beganMs = nowMs
      this.askForNext()
    }
    return nowMs - this.beganMs >= turnMsMax
  }

  after(ms: number, act: () => void): Cancel {
    let isCalledOff = false
    const callOff = this.timers.after(ms, () => {
      if (!this.isOver) return act()
      this.endOfTurn(() => {
        if (!isCalledOff) act()
      })
    })
    return () => {
      isCalledOff = true
      callOff()
    }
  }

  endOfTurn(act: () => void): void {
    this.waiting.push(act)
    this.askForNext()
  }

  /** @returns in a later turn, which may be over again when others were before. */
  next(): Promise<void> {
    return new Promise(resolve => this.endOfTurn(resolve))
  }

  private askForNext(): void {
    if (this.isNextDue) return
    this.isNextDue = true
    this.timers.endOfTurn(() => this.begin())
  }

  /** What is put there meanwhile waits for the turn behind. */
  private begin(): void {
    this.isNextDue = false
    this.beganMs = this.clock.monotonicMs()
    const due = this.waiting
    this.waiting = []
    let done = 0
    while (done < due.length && (done === 0 || !this.isOver)) due[done++]!()
    if (done < due.length) this.waiting = due.slice(done).concat(this.waiting)
    this.beganMs = null
    if (this.waiting.length > 0) this.askForNext()
  }
}
