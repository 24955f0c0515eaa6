/**
 * Where log lines go: gathered over a turn of the event loop, written one batch at a time, never waited for. A reader
 * that is slow, stuck or gone, or a disk that is full, costs lines (counted and told) but neither memory nor the server.
 * pino's own destination is not used because it cannot end then: its flush at exit tries a broken or full pipe for ever.
 */
import type { Cancel, Timers } from '../../protocol/world.ts'
import type { LogSink } from './log-sink.ts'

/** Characters of lines that wait for the sink; what comes on top is lost. */
const waitingLengthMax = 4 * 1024 * 1024

export interface LogOutputOptions {
  readonly sink: LogSink
  readonly timers: Timers
  /** @returns the line that stands where `count` lines were lost. */
  lostLine(count: number): string
  readonly waitingLengthMax?: number
}

export class LogOutput {
  private readonly options: LogOutputOptions
  private readonly waitingLengthMax: number
  private lines: string[] = []
  private waitingLength = 0
  private lostCount = 0
  private isWriting = false
  private isSendDue = false
  private onIdle: (() => void)[] = []

  constructor(options: LogOutputOptions) {
    this.options = options
    this.waitingLengthMax = options.waitingLengthMax ?? waitingLengthMax
  }

  /** `line` ends in a newline. */
  write(line: string): void {
    if (this.waitingLength + line.length > this.waitingLengthMax) {
      this.lostCount++
      return
    }
    this.lines.push(line)
    this.waitingLength += line.length
    if (this.isSendDue || this.isWriting) return
    this.isSendDue = true
    this.options.timers.endOfTurn(() => this.send())
  }

  /** Resolves when nothing waits any more, or after `withinMs`. */
  flush(withinMs: number): Promise<void> {
    return new Promise(resolve => {
      let callOff: Cancel = () => {}
      this.onIdle.push(() => {
        callOff()
        resolve()
      })
      callOff = this.options.timers.after(withinMs, resolve)
      this.send()
    })
  }

  /** What waits is written as far as that goes without waiting: the last thing that a process does. */
  flushNow(): void {
    if (this.lines.length > 0) this.options.sink.writeNow(this.takeBatch())
  }

  private send(): void {
    this.isSendDue = false
    if (this.isWriting) return
    if (this.lines.length === 0) {
      for (const idle of this.onIdle.splice(0)) idle()
      return
    }
    this.isWriting = true
    const count = this.lines.length
    this.options.sink.write(this.takeBatch(), error => {
      this.isWriting = false
      if (error !== null) this.lostCount += count
      this.send()
    })
  }

  private takeBatch(): string {
    const lost = this.lostCount === 0 ? '' : this.options.lostLine(this.lostCount)
    const batch = this.lines.join('') + lost
    this.lines = []
    this.waitingLength = 0
    this.lostCount = 0
    return batch
  }
}
