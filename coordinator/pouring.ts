/**
 * A body on its way from a replica into a sink: as much under way as the stream's credit, and no more. The sink's
 * slowness is felt by the replica, and is not taken for the replica's silence.
 */
import { type BlockRange, bytesIn } from '../protocol/block-ranges.ts'
import type { BufferPool } from '../protocol/buffer-pool.ts'
import { blockCount } from '../protocol/digest.ts'
import { asConcurError, ConcurError } from '../protocol/errors.ts'
import { digestBytes, streamCreditBytes } from '../protocol/limits.ts'
import type { Message } from '../protocol/opcodes.ts'
import type { Stream } from '../protocol/stream.ts'
import type { BodySink } from '../replica/store/body-sink.ts'
import type { Wait } from './silence.ts'

export class Pouring {
  private readonly sink: BodySink
  private readonly ranges: readonly BlockRange[] | null
  private readonly chunks: BufferPool
  private readonly resolve: () => void
  private readonly reject: (error: ConcurError) => void
  private stream: Stream | null = null
  private wait: Wait | null = null
  /** Bytes that the announced size leaves to come; null before it is announced. */
  private left: { DIGESTS: number; CHUNK: number } | null = null
  private bytesWaiting = 0
  private finished = false
  private isOver = false

  /** `ranges`: the blocks that were asked for; null: all. */
  constructor(options: {
    sink: BodySink
    ranges: readonly BlockRange[] | null
    chunks: BufferPool
    resolve: () => void
    reject: (error: ConcurError) => void
  }) {
    this.sink = options.sink
    this.ranges = options.ranges
    this.chunks = options.chunks
    this.resolve = options.resolve
    this.reject = options.reject
  }

  start(stream: Stream, wait: Wait): void {
    this.stream = stream
    this.wait = wait
  }

  /** @throws ConcurError BAD_FRAME when the replica sends anything but one whole body. */
  onMessage(message: Message, fin: boolean): void {
    if (this.isOver) return
    if (message.opcode === 'BODY') this.begin(message.body.size)
    if (message.opcode === 'DIGESTS' || message.opcode === 'CHUNK') this.take(message.opcode, message.body)
    this.finished = fin
    if (fin && !this.isOver) this.assertWhole()
    this.listen()
    this.endIfDone()
  }

  fail(error: ConcurError): void {
    this.isOver = true
    this.wait?.end()
    this.reject(error)
  }

  private begin(size: number): void {
    if (this.left !== null) throw new ConcurError('BAD_FRAME', 'a second body where one was asked for')
    this.left = {
      DIGESTS: blockCount(size) * digestBytes,
      CHUNK: this.ranges === null ? size : bytesIn(this.ranges, size),
    }
    try {
      this.sink.begin(size)
    } catch (error) {
      this.refuse(error)
    }
  }

  private take(opcode: 'DIGESTS' | 'CHUNK', body: Uint8Array): void {
    if (body.length === 0) return
    this.assertExpected(opcode, body.length)
    const buffer = this.chunks.take()
    buffer.set(body)
    this.bytesWaiting += body.length
    this.sink.piece(opcode, buffer.subarray(0, body.length)).then(
      () => {
        this.chunks.give(buffer)
        this.bytesWaiting -= body.length
        this.listen()
        this.stream?.consumed(body.length)
        this.endIfDone()
      },
      error => this.refuse(error),
    )
  }

  /** With more than half the credit in our hands the replica may not be able to go on: its silence is ours. */
  private listen(): void {
    if (this.bytesWaiting > streamCreditBytes / 2) this.wait?.hold()
    else this.wait?.heard()
  }

  private assertExpected(opcode: 'DIGESTS' | 'CHUNK', bytes: number): void {
    const { left } = this
    if (left === null || bytes > left[opcode] || (opcode === 'CHUNK' && left.DIGESTS > 0))
      throw new ConcurError('BAD_FRAME', `${opcode} that the size of the body leaves no room for`)
    left[opcode] -= bytes
  }

  private assertWhole(): void {
    if (this.left === null || this.left.DIGESTS + this.left.CHUNK > 0)
      throw new ConcurError('BAD_FRAME', 'a body that ends too early')
  }

  private refuse(error: unknown): void {
    if (this.isOver) return
    this.stream?.cancel()
    this.fail(asConcurError(error))
  }

  private endIfDone(): void {
    if (this.isOver) return
    if (this.sink.closed) this.stream?.cancel()
    if (!this.sink.closed && !(this.finished && this.bytesWaiting === 0)) return
    this.isOver = true
    this.wait?.end()
    this.resolve()
  }
}
