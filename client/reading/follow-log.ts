/**
 * A LOG: pages of operations, oldest first, as something to loop over. A page is asked for when the one before was taken;
 * who leaves the loop ends the request. Clause: protocol/README.md "LOG".
 */
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { LoggedOperation, LogRequest } from '../../protocol/messages.ts'
import type { Message } from '../../protocol/opcodes.ts'
import type { FolderPath } from '../../protocol/path.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Timers } from '../../protocol/world.ts'
import { Silence } from '../silence.ts'

export interface LogWish {
  readonly path: FolderPath
  /** Only what came behind this. */
  readonly sinceSeq?: number | null
  /** Only so many, the latest. */
  readonly last?: number | null
  /** What happens later comes as well. */
  readonly follow?: boolean
}

export interface FollowOptions {
  readonly connection: Connection
  readonly wish: LogWish
  readonly timers: Timers
  readonly silenceMs: number
}

/** @throws ConcurError what the server or the connection said. */
export async function* followLog(options: FollowOptions): AsyncGenerator<LoggedOperation> {
  const pages = new Pages(options)
  try {
    pages.start()
    for (let page = await pages.next(); page !== null; page = await pages.next()) {
      yield* page.operations
      pages.taken(page)
    }
  } finally {
    pages.end()
  }
}

interface Page {
  readonly operations: readonly LoggedOperation[]
  readonly bytes: number
}

class Pages {
  private readonly options: FollowOptions
  private readonly silence: Silence
  private readonly waiting: Page[] = []
  private stream: Stream | null = null
  private isWhole = false
  private error: ConcurError | null = null
  private onChange: () => void = () => {}

  constructor(options: FollowOptions) {
    this.options = options
    const seconds = options.silenceMs / 1000
    this.silence = new Silence({
      timers: options.timers,
      limitMs: options.silenceMs,
      onSilent: () => this.fail(new ConcurError('TIMEOUT', `the server said nothing for ${seconds} s`)),
    })
  }

  /** @throws ConcurError UNREACHABLE. */
  start(): void {
    this.stream = this.options.connection.request('LOG', requestOf(this.options.wish), {
      onMessage: (message, fin, bodyBytes) => this.onMessage(message, fin, bodyBytes),
      onFailed: error => this.fail(error),
    })
  }

  /** @returns null behind the last page. What came before an error is given before it is thrown. */
  async next(): Promise<Page | null> {
    while (this.waiting.length === 0) {
      if (this.error !== null) throw this.error
      if (this.isWhole) return null
      await new Promise<void>(resolve => {
        this.onChange = resolve
      })
    }
    // While a page is worked on, the server waits for us.
    this.silence.hold()
    return this.waiting.shift()!
  }

  taken({ bytes }: Page): void {
    this.silence.release()
    this.stream?.consumed(bytes)
  }

  end(): void {
    this.silence.end()
    if (!this.isWhole && this.error === null) this.stream?.cancel()
  }

  private onMessage(message: Message, fin: boolean, bytes: number): void {
    this.silence.heard()
    if (message.opcode === 'PROGRESS') return
    if (message.opcode !== 'LOGGED')
      throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to a LOG`)
    this.waiting.push({ operations: message.body.operations, bytes })
    this.isWhole = fin
    if (fin) this.silence.end()
    this.onChange()
  }

  private fail(error: ConcurError): void {
    this.silence.end()
    this.stream?.cancel()
    this.error ??= error
    this.onChange()
  }
}

function requestOf({ path, sinceSeq, last, follow }: LogWish): LogRequest {
  return { path, sinceSeq: sinceSeq ?? null, last: last ?? null, follow: follow ?? false }
}
