/**
 * Tells the peer of every request that is still worked on, twice a second, so that silence means that nobody is
 * there. One timer for all requests, none while there are none. Clause: README.md "Silence".
 */
import { progressEveryMs } from './limits.ts'
import type { Progress } from './messages.ts'
import type { Stream } from './stream.ts'
import type { Timers } from './world.ts'

export class ProgressReports {
  private readonly timers: Timers
  private readonly working = new Map<Stream, { latest: Progress; isNew: boolean }>()
  private isTicking = false

  constructor(timers: Timers) {
    this.timers = timers
  }

  begin(stream: Stream): void {
    this.working.set(stream, { latest: { node: null, bytesDone: 0, bytesTotal: 0 }, isNew: true })
    if (!this.isTicking) this.tickLater()
  }

  update(stream: Stream, progress: Progress): void {
    const work = this.working.get(stream)
    if (work !== undefined) work.latest = progress
  }

  end(stream: Stream): void {
    this.working.delete(stream)
  }

  private tickLater(): void {
    this.isTicking = true
    this.timers.after(progressEveryMs, () => {
      this.isTicking = false
      for (const [stream, work] of this.working) {
        if (stream.ended) this.working.delete(stream)
        else if (!work.isNew) stream.send('PROGRESS', work.latest)
        work.isNew = false
      }
      if (this.working.size > 0) this.tickLater()
    })
  }
}
