/** A LIST: pages of rows in order, then the nodes that could not be asked. Clause: protocol/README.md "LIST". */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Listed, Progress, Row } from '../../protocol/messages.ts'
import type { BodyOf, Message } from '../../protocol/opcodes.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Timers } from '../../protocol/world.ts'
import { Silence } from '../silence.ts'

/** Takes what a listing brings. What it throws ends the listing, which rejects with it. */
export interface ListReceiver {
  onProgress?(progress: Progress): void
  /** A page. The next one is given when the promise is settled; the server waits as well. */
  onRows(rows: readonly Row[]): Promise<void>
}

export interface ListOptions {
  readonly connection: Connection
  readonly request: BodyOf<'LIST'>
  readonly receiver: ListReceiver
  readonly timers: Timers
  readonly silenceMs: number
}

/** @throws ConcurError what the server or the connection said; or what the receiver threw. */
export function listRows(options: ListOptions): Promise<Listed> {
  return new Promise((resolve, reject) => new Listing(options, resolve, reject).start())
}

class Listing {
  private readonly options: ListOptions
  private readonly resolve: (listed: Listed) => void
  private readonly reject: (error: unknown) => void
  private readonly silence: Silence
  private stream: Stream | null = null
  private readonly pages: { rows: readonly Row[]; bytes: number }[] = []
  private isTaking = false
  private listed: Listed | null = null
  private isOver = false

  constructor(options: ListOptions, resolve: (listed: Listed) => void, reject: (error: unknown) => void) {
    this.options = options
    this.resolve = resolve
    this.reject = reject
    const seconds = options.silenceMs / 1000
    this.silence = new Silence({
      timers: options.timers,
      limitMs: options.silenceMs,
      onSilent: () => this.stop(new ConcurError('TIMEOUT', `the server said nothing for ${seconds} s`)),
    })
  }

  start(): void {
    try {
      this.stream = this.options.connection.request('LIST', this.options.request, {
        onMessage: (message, fin, bodyBytes) => this.onMessage(message, fin, bodyBytes),
        onFailed: error => this.stop(error),
      })
    } catch (error) {
      this.stop(error)
    }
  }

  private onMessage(message: Message, fin: boolean, bodyBytes: number): void {
    if (this.isOver) return
    this.silence.heard()
    switch (message.opcode) {
      case 'PROGRESS':
        this.options.receiver.onProgress?.(message.body)
        break
      case 'ROWS':
        this.pages.push({ rows: message.body.rows, bytes: bodyBytes })
        break
      case 'LISTED':
        this.listed = message.body
        break
      default:
        throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to a LIST`)
    }
    if (fin !== (this.listed !== null))
      throw new ConcurError('BAD_FRAME', 'a listing whose last frame is not LISTED')
    if (!this.isTaking) void this.takePages()
  }

  /** While a page is worked on, the server waits for us. */
  private async takePages(): Promise<void> {
    this.isTaking = true
    this.silence.hold()
    try {
      for (let page = this.pages.shift(); page !== undefined && !this.isOver; page = this.pages.shift()) {
        await this.options.receiver.onRows(page.rows)
        this.stream?.consumed(page.bytes)
      }
    } catch (error) {
      this.stop(error)
    }
    this.isTaking = false
    this.silence.release()
    if (this.listed !== null) this.finish(this.listed)
  }

  private finish(listed: Listed): void {
    if (this.isOver) return
    this.isOver = true
    this.silence.end()
    this.resolve(listed)
  }

  private stop(error: unknown): void {
    if (this.isOver) return
    this.isOver = true
    this.silence.end()
    this.stream?.cancel()
    this.reject(error)
  }
}
