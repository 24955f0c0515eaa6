/** A client's request as its handler gets it: who asks, where the answer goes, and what its line in the log needs. */
import type { ProgressReports } from '../protocol/progress-reports.ts'
import type { Stream } from '../protocol/stream.ts'
import type { Timers } from '../protocol/world.ts'
import type { RequestLineOptions } from '../replica/program/request-line.ts'

export interface RequestContext extends RequestLineOptions {
  readonly timers: Timers
  readonly reports: ProgressReports
  readonly stream: Stream
}
