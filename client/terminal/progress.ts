/**
 * Progress of work that takes longer than half a second, for a person at a terminal: what is being done, how fast, and
 * for how long still. One line, gone when the work is done or something is printed.
 */
import type { Progress as NodeProgress } from '../../protocol/messages.ts'
import type { Cancel, Clock, Timers } from '../../protocol/world.ts'
import { printable } from '../words/printable.ts'
import { durationText, sizeText } from '../words/quantities.ts'
import { Pace } from './pace.ts'

/** One work under way. */
export interface Work {
  /** Nodes are still reading their copies. */
  comparing(progress: NodeProgress): void
  /** So many more bytes are to be received, or sent. */
  expect(bytes: number): void
  /** So many more bytes have been. */
  received(bytes: number): void
  /** What was expected and received is void. */
  restart(): void
  end(): void
}

export interface Progress {
  begin(label: string): Work
  /** Takes the line away, so that something can be printed; it comes back by itself. */
  hide(): void
}

const noWork: Work = { comparing() {}, expect() {}, received() {}, restart() {}, end() {} }

/** For a pipe, `--quiet` and tests. */
export const noProgress: Progress = { begin: () => noWork, hide() {} }

/** Works that are parts of one: what they expect and receive is the whole's. */
export function partsOf(whole: Work, progress: Progress): Progress {
  const part: Work = {
    comparing: nodes => whole.comparing(nodes),
    expect: bytes => whole.expect(bytes),
    received: bytes => whole.received(bytes),
    restart() {},
    end() {},
  }
  return { begin: () => part, hide: () => progress.hide() }
}

/** The line on the terminal. `fraction` is null where the whole is not known. */
export interface ProgressBar {
  show(fraction: number | null, before: string, behind: string): void
  hide(): void
}

/** Of a long label only the end is shown: the figures behind it must find room on the line. */
const labelCharsMax = 40

const shownAfterMs = 500
const redrawEveryMs = 200

export interface ProgressLineOptions {
  readonly clock: Clock
  readonly timers: Timers
  /** Called when a work has taken longer than half a second. */
  readonly loadBar: () => Promise<ProgressBar>
}

export class ProgressLine implements Progress {
  private readonly options: ProgressLineOptions
  private bar: ProgressBar | null = null
  private current: LineWork | null = null
  private callOff: Cancel = () => {}

  constructor(options: ProgressLineOptions) {
    this.options = options
  }

  /** The latest work is the one that is shown. */
  begin(label: string): Work {
    const work = new LineWork(label, this.options.clock, () => this.end(work))
    this.current = work
    this.callOff()
    this.drawLater(shownAfterMs)
    return work
  }

  hide(): void {
    this.bar?.hide()
  }

  private end(work: LineWork): void {
    if (this.current !== work) return
    this.current = null
    this.callOff()
    this.hide()
  }

  private drawLater(ms: number): void {
    this.callOff = this.options.timers.after(ms, () => void this.draw())
  }

  private async draw(): Promise<void> {
    this.bar ??= await this.options.loadBar()
    if (this.current === null) return
    const { fraction, before, behind } = this.current.shown()
    this.bar.show(fraction, before, behind)
    this.callOff()
    this.drawLater(redrawEveryMs)
  }
}

class LineWork implements Work {
  readonly end: () => void
  private readonly label: string
  private readonly clock: Clock
  private pace = new Pace()
  private isReceiving = false
  /** How far each node is that reads its copy: the last one is waited for. */
  private readonly readers = new Map<NodeProgress['node'], number>()
  private done = 0
  private total = 0

  constructor(label: string, clock: Clock, end: () => void) {
    const shown = printable(label)
    this.label = shown.length > labelCharsMax ? `…${shown.slice(1 - labelCharsMax)}` : shown
    this.clock = clock
    this.end = end
  }

  comparing({ node, bytesDone, bytesTotal }: NodeProgress): void {
    if (this.isReceiving) return
    // Another whole is another file.
    if (bytesTotal !== this.total) this.readers.clear()
    this.readers.set(node, bytesDone)
    this.done = Math.min(...this.readers.values())
    this.total = bytesTotal
    this.pace.note(this.done, this.clock.monotonicMs())
  }

  expect(bytes: number): void {
    if (!this.isReceiving) this.startReceiving()
    this.total += bytes
  }

  received(bytes: number): void {
    this.done += bytes
    this.pace.note(this.done, this.clock.monotonicMs())
  }

  restart(): void {
    this.isReceiving = false
    this.done = 0
    this.total = 0
  }

  shown(): { fraction: number | null; before: string; behind: string } {
    const { done, total, label } = this
    const before = this.isReceiving ? label : `comparing ${label}`
    if (total === 0) return { fraction: null, before, behind: this.doneText() }
    const { rate } = this.pace
    const leftMs = this.pace.leftMs(total)
    const parts = [`${sizeText(Math.min(done, total))} of ${sizeText(total)}`]
    if (rate !== null) parts.push(`${sizeText(Math.round(rate))}/s`)
    if (leftMs !== null) parts.push(`${durationText(leftMs)} left`)
    return { fraction: Math.min(1, done / total), before, behind: parts.join('  ') }
  }

  /** Where the whole is not known: how much there was, and how fast. */
  private doneText(): string {
    if (this.done === 0) return '…'
    const { rate } = this.pace
    return [sizeText(this.done), ...(rate === null ? [] : [`${sizeText(Math.round(rate))}/s`])].join('  ')
  }

  private startReceiving(): void {
    this.isReceiving = true
    this.done = 0
    this.total = 0
    this.pace = new Pace()
    this.pace.note(0, this.clock.monotonicMs())
  }
}
