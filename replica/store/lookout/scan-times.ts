/**
 * When the next scan begins: an hour after the last one, more often where nobody hints at what happens meanwhile, and soon
 * when hints were lost. Scans that come soon take at most a tenth of the time, those that only count anew a sixtieth.
 */
import type { Cancel, Clock, Timers } from '../../../protocol/world.ts'

const minuteMs = 60_000
export const scanEveryMs = 60 * minuteMs
export const scanUnwatchedEveryMs = 10 * minuteMs
/** Milliseconds that are between two scans at the least, and how often a scan's own time. */
export const restMinMs = 10_000
const restFactor = 10
/** The same before a scan that only counts anew. */
export const recountMinMs = minuteMs
const recountFactor = 60

export class ScanTimes {
  private readonly clock: Clock
  private readonly timers: Timers
  private readonly onDue: () => void
  private earliestMs = 0
  private recountMs = 0
  private dueMs: number | null = null
  private cancel: Cancel = () => {}
  private isStopped = false

  constructor(options: { clock: Clock; timers: Timers; onDue: () => void }) {
    this.clock = options.clock
    this.timers = options.timers
    this.onDue = options.onDue
  }

  /** A scan that began then has ended. */
  ended(beganMs: number, isWatched: boolean): void {
    const nowMs = this.clock.monotonicMs()
    this.earliestMs = nowMs + Math.max(restMinMs, restFactor * (nowMs - beganMs))
    this.recountMs = nowMs + Math.max(recountMinMs, recountFactor * (nowMs - beganMs))
    this.dueMs = null
    this.set(Math.max(this.earliestMs, nowMs + (isWatched ? scanEveryMs : scanUnwatchedEveryMs)))
  }

  /** Only a scan finds what there is to find. */
  soon(): void {
    this.set(Math.max(this.clock.monotonicMs(), this.earliestMs))
  }

  /** There are more files than were counted, or fewer, or others. */
  changed(): void {
    this.set(Math.max(this.clock.monotonicMs(), this.recountMs))
  }

  stop(): void {
    this.isStopped = true
    this.cancel()
  }

  private set(atMs: number): void {
    if (this.isStopped || (this.dueMs !== null && this.dueMs <= atMs)) return
    this.cancel()
    this.dueMs = atMs
    this.cancel = this.timers.after(atMs - this.clock.monotonicMs(), () => {
      this.dueMs = null
      this.onDue()
    })
  }
}
