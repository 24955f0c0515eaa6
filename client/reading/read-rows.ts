/** Pages of rows in order, then a last word: the answer to a LIST, and to what else is told in rows. */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Progress, Row } from '../../protocol/messages.ts'
import type { BodyOf, Message, RequestOpcode } from '../../protocol/opcodes.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Timers } from '../../protocol/world.ts'
import { Silence } from '../silence.ts'

/** Takes what an answer in rows brings. What it throws ends the request, which rejects with it. */
export interface PageReceiver<Told> {
  onProgress?(progress: Progress): void
  /** A page. The next one is given when the promise is settled; the server waits as well. */
  onRows(rows: readonly Told[]): Promise<void>
}

export type RowReceiver = PageReceiver<Row>

export interface RowQuestion<K extends RequestOpcode, T, Told = Row> {
  readonly connection: Connection
  readonly opcode: K
  readonly request: BodyOf<K>
  /** @returns the rows of a page; null for a frame that is none. */
  readonly rowsIn: (message: Message) => readonly Told[] | null
  /** @returns what the last frame says; null for a frame that is none of the answer. */
  readonly lastWord: (message: Message) => T | null
  readonly receiver: PageReceiver<Told>
  readonly timers: Timers
  readonly silenceMs: number
}

/** @throws ConcurError what the server or the connection said; or what the receiver threw. */
export function readRows<K extends RequestOpcode, T extends object, Told>(
  question: RowQuestion<K, T, Told>,
): Promise<T> {
  return new Promise((resolve, reject) => new RowReading(question, resolve, reject).start())
}

class RowReading<K extends RequestOpcode, T extends object, Told> {
  private readonly question: RowQuestion<K, T, Told>
  private readonly resolve: (last: T) => void
  private readonly reject: (error: unknown) => void
  private readonly silence: Silence
  private stream: Stream | null = null
  private readonly pages: { rows: readonly Told[]; bytes: number }[] = []
  private isTaking = false
  private last: T | null = null
  private isOver = false

  constructor(
    question: RowQuestion<K, T, Told>,
    resolve: (last: T) => void,
    reject: (error: unknown) => void,
  ) {
    this.question = question
    this.resolve = resolve
    this.reject = reject
    const seconds = question.silenceMs / 1000
    this.silence = new Silence({
      timers: question.timers,
      limitMs: question.silenceMs,
      onSilent: () => this.stop(new ConcurError('TIMEOUT', `the server said nothing for ${seconds} s`)),
    })
  }

  start(): void {
    const { connection, opcode, request } = this.question
    try {
      this.stream = connection.request(opcode, request, {
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
    const rows = this.question.rowsIn(message)
    if (message.opcode === 'PROGRESS') this.question.receiver.onProgress?.(message.body)
    else if (rows !== null) this.pages.push({ rows, bytes: bodyBytes })
    else this.last = this.lastWord(message)
    if (fin !== (this.last !== null))
      throw new ConcurError('BAD_FRAME', `an answer to ${this.question.opcode} without its last frame`)
    if (!this.isTaking) void this.takePages()
  }

  private lastWord(message: Message): T {
    const { opcode, lastWord } = this.question
    const last = lastWord(message)
    if (last === null) throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to ${opcode}`)
    return last
  }

  /** While a page is worked on, the server waits for us. */
  private async takePages(): Promise<void> {
    this.isTaking = true
    this.silence.hold()
    try {
      for (let page = this.pages.shift(); page !== undefined && !this.isOver; page = this.pages.shift()) {
        await this.question.receiver.onRows(page.rows)
        this.stream?.consumed(page.bytes)
      }
    } catch (error) {
      this.stop(error)
    }
    this.isTaking = false
    this.silence.release()
    if (this.last !== null) this.finish(this.last)
  }

  private finish(last: T): void {
    if (this.isOver) return
    this.isOver = true
    this.silence.end()
    this.resolve(last)
  }

  private stop(error: unknown): void {
    if (this.isOver) return
    this.isOver = true
    this.silence.end()
    this.stream?.cancel()
    this.reject(error)
  }
}
