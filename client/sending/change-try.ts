/**
 * One attempt at a change: CHANGE, its bytes, the answer. Says what is known of the change when it ends; whether to try
 * again is for others to decide. Clause: protocol/README.md "CHANGE".
 */
import type { BufferPool } from '../../protocol/buffer-pool.ts'
import type { ChangeRequest, Done } from '../../protocol/change-messages.ts'
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Progress } from '../../protocol/messages.ts'
import type { Message } from '../../protocol/opcodes.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Timers } from '../../protocol/world.ts'
import { Silence } from '../silence.ts'
import type { Pass } from './byte-source.ts'
import { Upload } from './upload.ts'

export type TryEnd =
  | { readonly is: 'done'; readonly done: Done }
  /** The server says so, over a connection that is still there. */
  | { readonly is: 'refused'; readonly error: ConcurError }
  /** No answer came, and none will come on this stream. */
  | { readonly is: 'lost'; readonly error: ConcurError }
  /** What was thrown where the bytes come from. Nothing was sealed in this attempt. */
  | { readonly is: 'unreadable'; readonly error: unknown }

export interface ChangeTryOptions {
  readonly connection: Connection
  readonly request: ChangeRequest
  /** Null for a change without bytes. */
  readonly pass: Pass | null
  readonly pool: BufferPool
  readonly timers: Timers
  readonly silenceMs: number
  readonly onProgress: (progress: Progress) => void
  readonly onSent: (bytes: number) => void
  /** Everything that the change needs goes out: from now on it may happen. */
  readonly onSealing: () => void
}

/** The pass is closed when nothing is read from it any more. */
export function tryChange(options: ChangeTryOptions): Promise<TryEnd> {
  return new Promise(resolve => new ChangeTry(options, resolve).start())
}

class ChangeTry {
  private readonly options: ChangeTryOptions
  private readonly resolve: (end: TryEnd) => void
  private readonly silence: Silence
  private stream: Stream | null = null
  private hasSentAll = false
  private isOver = false

  constructor(options: ChangeTryOptions, resolve: (end: TryEnd) => void) {
    this.options = options
    this.resolve = resolve
    this.silence = new Silence({
      timers: options.timers,
      limitMs: options.silenceMs,
      onSilent: () => this.onSilent(),
    })
  }

  start(): void {
    const { connection, request, pass } = this.options
    const events = {
      onMessage: (message: Message, fin: boolean) => this.onMessage(message, fin),
      onFailed: (error: ConcurError) => this.onFailed(error),
    }
    try {
      this.stream = connection.request('CHANGE', request, events, pass !== null)
    } catch (error) {
      pass?.close()
      return this.end({ is: 'lost', error: error as ConcurError })
    }
    if (pass !== null) return void this.upload(this.stream, pass)
    this.hasSentAll = true
    this.options.onSealing()
  }

  private async upload(stream: Stream, pass: Pass): Promise<void> {
    const { pool, onSent, onSealing } = this.options
    const report = (bytes: number): void => {
      if (!this.isOver) onSent(bytes)
    }
    try {
      await new Upload({ stream, pass, pool, silence: this.silence, onSent: report, onSealing }).run()
      this.hasSentAll = true
    } catch (error) {
      stream.cancel()
      this.end({ is: 'unreadable', error })
    } finally {
      pass.close()
    }
  }

  /** What the server did wrong is thrown to the connection, which ends by it, and this stream with it. */
  private onMessage(message: Message, fin: boolean): void {
    this.silence.heard()
    if (message.opcode === 'PROGRESS') return this.options.onProgress(message.body)
    if (message.opcode !== 'DONE' || !fin)
      throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to a CHANGE`)
    this.end({ is: 'done', done: message.body })
    // The answer of an earlier attempt comes before the last of our bytes, and nobody takes the rest.
    if (!this.hasSentAll) this.stream?.cancel()
  }

  private onFailed(error: ConcurError): void {
    this.end({ is: this.options.connection.isOpen ? 'refused' : 'lost', error })
  }

  private onSilent(): void {
    const seconds = this.options.silenceMs / 1000
    this.stream?.cancel()
    this.end({ is: 'lost', error: new ConcurError('TIMEOUT', `the server said nothing for ${seconds} s`) })
  }

  private end(end: TryEnd): void {
    if (this.isOver) return
    this.isOver = true
    this.silence.end()
    this.resolve(end)
  }
}
