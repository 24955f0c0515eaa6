/**
 * Reads the files whose bytes alone would tell, one after the other, and so many bytes a second. Nobody waits for it: a
 * file may be long, and a stop must not be.
 */
import type { Cancel, Timers } from '../../../protocol/world.ts'
import type { Findings } from './findings.ts'

/** 16 MiB a second. */
const bytesPerMs = 16 * 1024

export interface BackgroundReadsOptions {
  readonly findings: Findings
  readonly timers: Timers
  /** After each file. */
  readonly onRead: () => void
  readonly onFault: (error: unknown) => void
}

export class BackgroundReads {
  private readonly options: BackgroundReadsOptions
  private isReading = false
  private isStopped = false
  private cancel: Cancel = () => {}

  constructor(options: BackgroundReadsOptions) {
    this.options = options
  }

  /** There may be something to read. */
  begin(): void {
    const { findings, onFault } = this.options
    if (this.isStopped || this.isReading || !findings.hasUnread) return
    this.isReading = true
    findings.readNext().then(
      bytes => this.rest(bytes),
      error => {
        if (!this.isStopped) onFault(error)
      },
    )
  }

  /** What is read now is read to its end, or to that of the store. */
  stop(): void {
    this.isStopped = true
    this.cancel()
  }

  private rest(bytes: number): void {
    if (this.isStopped) return
    this.options.onRead()
    this.cancel = this.options.timers.after(Math.ceil(bytes / bytesPerMs), () => {
      this.isReading = false
      this.begin()
    })
  }
}
