/**
 * One try of a READ: the verdict, then each version's bytes, checked and written block by block. Ends when the last
 * block is written, when the content turns out to have moved, or with an error; never while a block is being written.
 * Clause: protocol/README.md "READ".
 */

import { BodyReceiver, ContentMoved, returnBlock } from '../../protocol/body-receiver.ts'
import type { BufferPool } from '../../protocol/buffer-pool.ts'
import type { Connection } from '../../protocol/connection.ts'
import type { Version } from '../../protocol/copies.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { streamCreditBytes } from '../../protocol/limits.ts'
import type { Progress, Read, Verdict } from '../../protocol/messages.ts'
import type { BodyOf, Message } from '../../protocol/opcodes.ts'
import type { Stream } from '../../protocol/stream.ts'
import { wantedVersions } from '../../protocol/wanted-bodies.ts'
import type { Timers } from '../../protocol/world.ts'
import { Silence } from '../silence.ts'
import { BlockLine, type BlockSink } from './block-line.ts'
import { checkVerdict, digestOfFile } from './check-verdict.ts'

/** Bytes that may come ahead of what is written, beyond a stream's first credit, where a body is larger than that. */
const admittedBytes = 3 * streamCreditBytes

/** Takes what a read brings. What it throws ends the read, which rejects with it. */
export interface ReadReceiver {
  /** Nodes are still reading their copies. */
  onProgress?(progress: Progress): void
  /** The copies are compared; no byte has come. */
  onVerdict?(verdict: Verdict): void
  /** The bytes of a version come next. `place`: where it stands in the verdict's versions. */
  openVersion(version: Version, place: number): BlockSink
  /** So many bytes of content have come in addition. */
  onBytes?(count: number): void
  /** What came is void, and all of it comes once more. */
  onRestart?(): void
}

export interface ReadTryOptions {
  readonly connection: Connection
  readonly request: Read
  readonly receiver: ReadReceiver
  readonly pool: BufferPool
  readonly timers: Timers
  readonly silenceMs: number
}

export type TryOutcome =
  | { readonly verdict: Verdict; readonly moved: null }
  /** `isWrong`: bytes came that are not those of the verdict; otherwise the server said that the file moved. */
  | { readonly moved: string; readonly isWrong: boolean }

/** @throws ConcurError what the server or the connection said; or what the receiver threw. */
export function tryRead(options: ReadTryOptions): Promise<TryOutcome> {
  return new Promise((resolve, reject) => new ReadTry(options, resolve, reject).start())
}

class ReadTry {
  private readonly options: ReadTryOptions
  private readonly resolve: (outcome: TryOutcome) => void
  private readonly reject: (error: unknown) => void
  private readonly silence: Silence
  private readonly line: BlockLine
  private stream: Stream | null = null
  private verdict: Verdict | null = null
  /** Places of the versions whose bytes are still to come. */
  private wanted: number[] = []
  private body: BodyReceiver | null = null
  private hasAdmitted = false
  /** Bytes that were taken and for which no credit was given yet. */
  private bytesOwed = 0
  /** Everything has come; the last blocks may still have to be written. */
  private isAnswered = false
  /** How the try ends, once nothing is being written any more. */
  private ending: (() => void) | null = null

  constructor(
    options: ReadTryOptions,
    resolve: (outcome: TryOutcome) => void,
    reject: (error: unknown) => void,
  ) {
    this.options = options
    this.resolve = resolve
    this.reject = reject
    this.silence = new Silence({
      timers: options.timers,
      limitMs: options.silenceMs,
      onSilent: () => this.onSilent(),
    })
    this.line = new BlockLine({
      onReleased: block => returnBlock(options.pool, block),
      onRoom: () => this.payCredit(),
      onFailed: error => this.onWriteFailed(error),
      onIdle: () => this.ending?.(),
    })
  }

  start(): void {
    const { connection, request } = this.options
    try {
      this.stream = connection.request('READ', request, {
        onMessage: (message, fin, bodyBytes) => this.onMessage(message, fin, bodyBytes),
        onFailed: error => this.onFailed(error),
      })
    } catch (error) {
      this.stop(() => this.reject(error))
    }
  }

  /** What the server did wrong is thrown to the connection, which ends by it, and this stream with it. */
  private onMessage(message: Message, fin: boolean, bodyBytes: number): void {
    if (this.ending !== null) return
    this.silence.heard()
    try {
      this.take(message, bodyBytes)
      if (fin) this.onFin()
    } catch (error) {
      if (error instanceof ContentMoved)
        this.stop(() => this.resolve({ moved: error.message, isWrong: true }))
      else if (error instanceof ReceiverRefused) this.stop(() => this.reject(error.cause))
      else throw error
    }
  }

  private take(message: Message, bodyBytes: number): void {
    switch (message.opcode) {
      case 'PROGRESS':
        return guard(() => this.options.receiver.onProgress?.(message.body))
      case 'VERDICT':
        return this.takeVerdict(message.body)
      case 'BODY':
        this.takeBody(message.body)
        return this.consumed(bodyBytes)
      case 'DIGESTS':
        this.openBody().takeDigests(message.body)
        return this.consumed(bodyBytes)
      case 'CHUNK':
        this.openBody().takeBytes(message.body)
        this.options.receiver.onBytes?.(bodyBytes)
        return this.consumed(bodyBytes)
      default:
        throw new ConcurError('BAD_FRAME', `${message.opcode} in the answer to a READ`)
    }
  }

  private takeVerdict(verdict: Verdict): void {
    if (this.verdict !== null) throw new ConcurError('BAD_FRAME', 'a second verdict')
    checkVerdict(verdict)
    this.verdict = verdict
    this.wanted = wantedVersions(verdict, this.options.request)
    guard(() => this.options.receiver.onVerdict?.(verdict))
  }

  private takeBody({ version: place, size }: BodyOf<'BODY'>): void {
    if (this.body !== null && !this.body.isWhole)
      throw new ConcurError('BAD_FRAME', 'a body that ends too early')
    if (this.verdict === null || this.wanted.shift() !== place)
      throw new ConcurError('BAD_FRAME', 'a body that was not asked for')
    const version = this.verdict.versions[place]!
    if (size !== version.size) throw new ContentMoved(`${size} bytes where the verdict says ${version.size}`)
    const sink = guard(() => this.options.receiver.openVersion(version, place))
    if (size > streamCreditBytes) this.admitMore()
    this.body = new BodyReceiver({
      digest: digestOfFile(version),
      size,
      pool: this.options.pool,
      onBlock: (block, at) => this.line.put(block, at, sink),
    })
  }

  private admitMore(): void {
    if (this.hasAdmitted) return
    this.hasAdmitted = true
    this.stream?.admit(admittedBytes)
  }

  private openBody(): BodyReceiver {
    if (this.body === null) throw new ConcurError('BAD_FRAME', 'bytes before their BODY')
    return this.body
  }

  private onFin(): void {
    const isWhole = this.body === null || this.body.isWhole
    const { verdict } = this
    if (verdict === null || this.wanted.length > 0 || !isWhole)
      throw new ConcurError('BAD_FRAME', 'an answer that ends too early')
    this.isAnswered = true
    this.finish(() => this.resolve({ verdict, moved: null }))
  }

  private onWriteFailed(error: unknown): void {
    const ending = (): void => this.reject(error)
    if (this.isAnswered) this.ending = ending
    else this.stop(ending)
  }

  private onFailed(error: ConcurError): void {
    if (this.ending !== null) return
    if (error.code === 'CHANGED') this.stop(() => this.resolve({ moved: error.message, isWrong: false }))
    else this.stop(() => this.reject(error))
  }

  private onSilent(): void {
    const seconds = this.options.silenceMs / 1000
    this.stop(() => this.reject(new ConcurError('TIMEOUT', `the server said nothing for ${seconds} s`)))
  }

  /** Credit is held back while blocks wait for the disk, or for whoever reads our standard output. */
  private consumed(bytes: number): void {
    this.bytesOwed += bytes
    if (this.line.isFull) this.silence.hold()
    else this.payCredit()
  }

  private payCredit(): void {
    this.silence.release()
    this.stream?.consumed(this.bytesOwed)
    this.bytesOwed = 0
  }

  private stop(ending: () => void): void {
    if (this.ending !== null) return
    this.stream?.cancel()
    this.body?.abandon()
    this.line.stop()
    this.finish(ending)
  }

  private finish(ending: () => void): void {
    this.silence.end()
    this.ending = ending
    if (this.line.isIdle) ending()
  }
}

/** Tells what the receiver throws from what the server did wrong. */
class ReceiverRefused extends Error {}

function guard<T>(call: () => T): T {
  try {
    return call()
  } catch (cause) {
    throw new ReceiverRefused('the receiver refused', { cause })
  }
}
