/**
 * One try to give a replica the bytes of one record: the digests of the blocks, then those blocks that it wants, as fast
 * as it takes them. Clause: protocol/README.md "SUPPLY".
 */
import { assertRanges, type BlockRange, bytesIn } from '../../protocol/block-ranges.ts'
import type { Connection } from '../../protocol/connection.ts'
import { blockCount, type Digest } from '../../protocol/digest.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { Message } from '../../protocol/opcodes.ts'
import type { Stream, StreamEvents } from '../../protocol/stream.ts'
import type { OpenBody } from '../../replica/store/store.ts'

export interface Failure {
  readonly by: 'replica' | 'here'
  readonly error: ConcurError
}

export class Supply implements StreamEvents {
  private readonly body: OpenBody
  private readonly wanted = deferred<readonly BlockRange[]>()
  private readonly stored = deferred<void>()
  private stream: Stream | null = null
  private refusal: ConcurError | null = null
  private isAnswered = false

  /** `body` belongs to the supply from now on. */
  constructor(body: OpenBody) {
    this.body = body
    for (const { promise } of [this.wanted, this.stored]) promise.catch(() => {})
  }

  /** @returns null when the replica has the bytes, or why not. */
  async send(
    connection: Pick<Connection, 'request'>,
    of: { seq: number; digest: Digest },
  ): Promise<Failure | null> {
    const { body } = this
    try {
      this.stream = connection.request('SUPPLY', { ...of, size: body.size }, this, true)
      if (body.size > 0) void this.stream.sendPiece('DIGESTS', body.blockDigests)
      await this.sendBlocks(this.stream, await this.wanted.promise)
      await this.stored.promise
      return null
    } catch (error) {
      this.stream?.cancel()
      if (this.refusal !== null) return { by: 'replica', error: this.refusal }
      return { by: 'here', error: asConcurError(error) }
    } finally {
      body.close()
    }
  }

  /** Calls it off; `send` ends with a failure. */
  stop(): void {
    this.stream?.cancel()
    this.body.close()
    this.onFailed(new ConcurError('UNREACHABLE', 'nobody is followed any more'))
  }

  onMessage(message: Message, fin: boolean): void {
    // It looks for blocks of its own, or waits for its disk.
    if (message.opcode === 'PROGRESS') return
    if (message.opcode !== 'WANTED' || fin !== this.isAnswered)
      throw new ConcurError('BAD_FRAME', `${message.opcode} in answer to SUPPLY`)
    if (fin) return this.stored.resolve()
    this.isAnswered = true
    assertRanges(message.body.blocks, blockCount(this.body.size))
    this.wanted.resolve(message.body.blocks)
  }

  onFailed(error: ConcurError): void {
    this.refusal ??= error
    this.wanted.reject(error)
    this.stored.reject(error)
  }

  /** Reads only what is wanted, and each piece only when the one before has left. */
  private async sendBlocks(stream: Stream, ranges: readonly BlockRange[]): Promise<void> {
    let left = bytesIn(ranges, this.body.size)
    if (left === 0) return stream.sendPiece('CHUNK', Buffer.alloc(0), true)
    for await (const piece of this.body.pieces(ranges)) {
      if (stream.ended) return
      left -= piece.length
      await stream.sendPiece('CHUNK', piece, left === 0)
      if (left === 0) return
    }
  }
}

function deferred<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: ConcurError) => void
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue
    reject = onError
  })
  return { promise, resolve, reject }
}
