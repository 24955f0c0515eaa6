/**
 * A replica's copy, asked over its link. Every answer is awaited with the same patience: silence longer than the
 * read timeout makes the node unreachable for this question, and for no other.
 */
import type { BlockRange } from '../protocol/block-ranges.ts'
import { BufferPool } from '../protocol/buffer-pool.ts'
import type { Connection } from '../protocol/connection.ts'
import type { Digest } from '../protocol/digest.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { Condition } from '../protocol/examine-messages.ts'
import type { ForgetRequest, ForgottenPath, HadContent } from '../protocol/history-messages.ts'
import type { NodeName } from '../protocol/ids.ts'
import { chunkBytesMax } from '../protocol/limits.ts'
import type { Entry } from '../protocol/messages.ts'
import type { BodyOf, Message, RequestOpcode } from '../protocol/opcodes.ts'
import type { Recall } from '../protocol/past-messages.ts'
import type { FilePath, FolderPath } from '../protocol/path.ts'
import type { Stream, StreamEvents } from '../protocol/stream.ts'
import type { TreeSum } from '../protocol/tree-sum.ts'
import type { NodeAnswer } from '../protocol/verdict.ts'
import type { Timers } from '../protocol/world.ts'
import type { BodySink } from '../replica/store/body-sink.ts'
import type { SumOptions } from '../replica/store/store.ts'
import type { LookOptions, Node } from './node.ts'
import { PageQueue } from './page-queue.ts'
import { Pouring } from './pouring.ts'
import type { ReplicaLink } from './replica-link.ts'
import { Silence } from './silence.ts'

export class RemoteNode implements Node {
  readonly name: NodeName
  protected readonly timers: Timers
  protected readonly silence: Silence
  private readonly link: ReplicaLink
  private readonly readTimeoutMs: number
  private readonly chunks = new BufferPool({ bufferBytes: chunkBytesMax, keepMax: 16 })

  constructor(options: { link: ReplicaLink; timers: Timers; readTimeoutMs: number }) {
    this.link = options.link
    this.name = options.link.name
    this.timers = options.timers
    this.readTimeoutMs = options.readTimeoutMs
    this.silence = new Silence({ timers: options.timers, limitMs: options.readTimeoutMs })
  }

  look(
    path: FilePath,
    { deep, settledSeq = 0, onProgress, onWaiting }: LookOptions,
  ): NodeAnswer | Promise<NodeAnswer> {
    const node = this.name
    const { connection } = this.link
    if (connection === null)
      return { node, copy: null, reason: this.link.report().reason ?? 'is not connected' }
    return new Promise(resolve => {
      const stream = connection.request(
        'LOOK',
        { path, deep, settledSeq },
        {
          onMessage: message => {
            wait.heard()
            if (message.opcode === 'PROGRESS') onProgress(message.body.bytesDone, message.body.bytesTotal)
            if (message.opcode !== 'COPY') return
            wait.end()
            const at = message.body
            resolve({ node, copy: at.copy, at })
          },
          onFailed: error => {
            wait.end()
            resolve({ node, copy: null, reason: `could not say: ${error.message}` })
          },
        },
      )
      const wait = this.silence.begin(() => {
        stream.cancel()
        resolve({ node, copy: null, reason: this.silentReason })
      })
      onWaiting?.(() => {
        wait.end()
        stream.cancel()
      })
    })
  }

  pour(path: FilePath, digest: Digest, sink: BodySink, ranges?: readonly BlockRange[]): Promise<void> {
    const blocks = ranges ? [...ranges] : null
    const ask = (connection: Connection, handlers: StreamEvents) =>
      connection.request('FETCH', { path, digest, blocks }, handlers)
    return this.pourInto(sink, blocks, ask)
  }

  async recall(recall: Recall, sink: BodySink): Promise<boolean | null> {
    let executable: boolean | null = null
    await this.pourInto(sink, null, (connection, handlers) =>
      connection.request('RECALL', recall, {
        ...handlers,
        onMessage: (message, fin, bytes) => {
          if (message.opcode === 'RECALLED') executable = message.body.executable
          handlers.onMessage(message, fin, bytes)
        },
      }),
    )
    return executable
  }

  private async pourInto(
    sink: BodySink,
    ranges: readonly BlockRange[] | null,
    ask: (connection: Connection, handlers: StreamEvents) => Stream,
  ): Promise<void> {
    const connection = this.openConnection()
    return new Promise((resolve, reject) => {
      const pouring = new Pouring({ sink, ranges, chunks: this.chunks, resolve, reject })
      const stream = ask(connection, {
        onMessage: (message, fin) => pouring.onMessage(message, fin),
        onFailed: error => pouring.fail(this.named(error)),
      })
      const wait = this.silence.begin(() => {
        stream.cancel()
        pouring.fail(new ConcurError('UNREACHABLE', `${this.name} ${this.silentReason}`))
      })
      pouring.start(stream, wait)
    })
  }

  walk(
    path: FolderPath,
    recursive: boolean,
    buckets: ReadonlySet<number> | null = null,
  ): AsyncGenerator<readonly Entry[]> {
    const wanted = { path, recursive, buckets: buckets === null ? null : [...buckets] }
    return this.pagesOf('WALK', wanted, ({ opcode, body }) => (opcode === 'ENTRIES' ? body.entries : null))
  }

  had(path: FolderPath): AsyncIterable<readonly HadContent[]> {
    return this.pagesOf('HAD', { path }, ({ opcode, body }) => (opcode === 'HAD_IS' ? body.contents : null))
  }

  forget(wanted: ForgetRequest): AsyncIterable<readonly ForgottenPath[]> {
    return this.pagesOf('FORGET', wanted, ({ opcode, body }) => (opcode === 'FORGOT' ? body.paths : null))
  }

  /** `pageIn`: null for a frame that is no page of the answer. */
  private async *pagesOf<K extends RequestOpcode, Page>(
    opcode: K,
    body: BodyOf<K>,
    pageIn: (message: Message) => readonly Page[] | null,
  ): AsyncGenerator<readonly Page[]> {
    const pages = new PageQueue<{ page: readonly Page[]; bytes: number }>()
    const stream = this.openConnection().request(opcode, body, {
      onMessage: (message, fin, bytes) => {
        wait.heard()
        const page = pageIn(message)
        if (page !== null) pages.push({ page, bytes })
        if (!pages.isEmpty) wait.hold()
        if (fin) pages.finish(null)
      },
      onFailed: error => pages.finish(this.named(error)),
    })
    const wait = this.silence.begin(() =>
      pages.finish(new ConcurError('UNREACHABLE', `${this.name} ${this.silentReason}`)),
    )
    try {
      for (;;) {
        if (pages.isEmpty) wait.heard()
        const next = await pages.next()
        if (next === null) return
        stream.consumed(next.bytes)
        yield next.page
      }
    } finally {
      wait.end()
      stream.cancel()
    }
  }

  async sum(path: FolderPath, { deep, signal, onProgress }: SumOptions): Promise<TreeSum> {
    const connection = this.openConnection()
    return new Promise((resolve, reject) => {
      const stream = connection.request(
        'SUM',
        { path, deep },
        {
          onMessage: (message, fin) => {
            wait.heard()
            if (fin) wait.end()
            if (message.opcode === 'PROGRESS') onProgress(message.body.bytesDone, message.body.bytesTotal)
            if (message.opcode === 'SUMMED') resolve(message.body)
          },
          onFailed: error => {
            wait.end()
            reject(this.named(error))
          },
        },
      )
      const giveUp = (message: string): void => {
        wait.end()
        stream.cancel()
        reject(new ConcurError('UNREACHABLE', `${this.name} ${message}`))
      }
      const wait = this.silence.begin(() => giveUp(this.silentReason))
      signal.addEventListener('abort', () => giveUp('is not asked any more'), { once: true })
    })
  }

  /** What the node finds when it looks at itself. @throws ConcurError UNREACHABLE; what it said. */
  async condition(): Promise<Condition> {
    return this.askOnce('CONDITION', {}, message =>
      message.opcode === 'CONDITION_IS'
        ? message.body
        : new ConcurError('BAD_FRAME', `${this.name} says ${message.opcode} of itself`),
    )
  }

  /**
   * A question with one answer. `answer`: what a frame says, an error where it is none. A node that works on it says so.
   * @throws ConcurError UNREACHABLE; what the node said.
   */
  protected askOnce<K extends RequestOpcode, T extends object>(
    opcode: K,
    body: BodyOf<K>,
    answer: (message: Message) => T | ConcurError,
  ): Promise<T> {
    const connection = this.openConnection()
    return new Promise((resolve, reject) => {
      const stream = connection.request(opcode, body, {
        onMessage: message => {
          wait.heard()
          if (message.opcode === 'PROGRESS') return
          wait.end()
          const said = answer(message)
          if (said instanceof ConcurError) reject(said)
          else resolve(said)
        },
        onFailed: error => {
          wait.end()
          reject(this.named(error))
        },
      })
      const wait = this.silence.begin(() => {
        stream.cancel()
        reject(new ConcurError('UNREACHABLE', `${this.name} ${this.silentReason}`))
      })
    })
  }

  protected openConnection(): Connection {
    const { connection } = this.link
    if (connection !== null) return connection
    throw new ConcurError('UNREACHABLE', `${this.name} ${this.link.report().reason ?? 'is not connected'}`)
  }

  protected get silentReason(): string {
    return `did not answer within ${this.readTimeoutMs / 1000} s`
  }

  protected named(error: ConcurError): ConcurError {
    return new ConcurError(error.code, `${this.name}: ${error.message}`, { cause: error })
  }
}
