/**
 * Tells the peer of every request that is still worked on, twice a second, so that silence means that nobody is
 * there. One timer for all requests, none while there are none. Clause: README.md "Silence".
 */
import { progressEveryMs } from './limits.ts'
import type { Progress } from './messages.ts'
import type { Stream } from './stream.ts'
import { type Placed, Unordered } from './unordered.ts'
import type { Timers } from './world.ts'

const nothingYet: Progress = { node: null, bytesDone: 0, bytesTotal: 0 }

/** What is said of one request. */
export class Report implements Placed {
  place = -1
  private latest = nothingYet
  private isNew = true
  private readonly stream: Stream
  private readonly all: Unordered<Report>

  constructor(stream: Stream, all: Unordered<Report>) {
    this.stream = stream
    this.all = all
  }

  update(progress: Progress): void {
    this.latest = progress
  }

  /** The request was answered; harmless when repeated. */
  end(): void {
    this.all.remove(this)
  }

  /** Nobody is told sooner than half a second after the request came. */
  tick(): void {
    if (this.stream.ended) this.end()
    else if (!this.isNew) this.stream.send('PROGRESS', this.latest)
    this.isNew = false
  }
}

export class ProgressReports {
  private readonly timers: Timers
  private readonly working = new Unordered<Report>()
  private isTicking = false

  constructor(timers: Timers) {
    this.timers = timers
  }

  begin(stream: Stream): Report {
    const report = new Report(stream, this.working)
    this.working.add(report)
    if (!this.isTicking) this.tickLater()
    return report
  }

  private tickLater(): void {
    this.isTicking = true
    this.timers.after(progressEveryMs, () => {
      this.isTicking = false
      for (const report of this.working.all()) report.tick()
      if (this.working.size > 0) this.tickLater()
    })
  }
}
