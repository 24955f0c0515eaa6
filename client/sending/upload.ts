/**
 * The bytes of one attempt: read a block at a time, hashed, sent as CHUNK, and sealed with what they were. Two blocks are
 * held at most, whatever the size and however slowly the server takes them. Clause: protocol/README.md "CHANGE".
 */
import type { BufferPool } from '../../protocol/buffer-pool.ts'
import { blockDigest, fileDigest } from '../../protocol/digest.ts'
import { blockBytes, chunkBytesMax } from '../../protocol/limits.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Silence } from '../silence.ts'
import type { Pass } from './byte-source.ts'

/** Blocks that are read and have not left: one is being sent while the next is read. */
const blocksHeldMax = 2

export interface UploadOptions {
  readonly stream: Stream
  readonly pass: Pass
  /** Of block buffers. */
  readonly pool: BufferPool
  readonly silence: Silence
  /** So many more bytes have left. */
  readonly onSent: (bytes: number) => void
  /** The seal goes out next: from now on the change may happen. */
  readonly onSealing: () => void
}

export class Upload {
  private readonly options: UploadOptions
  private readonly digests: Buffer[] = []
  private size = 0
  private blocksHeld = 0
  private onRoom: () => void = () => {}

  constructor(options: UploadOptions) {
    this.options = options
  }

  /**
   * @returns when the seal has left, or the stream has ended before that.
   * @throws what the reading threw; SourceMoved. Nothing was sealed then.
   */
  async run(): Promise<void> {
    const { stream, pass } = this.options
    for (let isLast = false; !isLast; ) {
      await this.room()
      if (stream.ended) return
      isLast = await this.sendBlock()
      if (stream.ended) return
    }
    pass.assertUnmoved()
    const digest = fileDigest(this.size, Buffer.concat(this.digests))
    this.options.onSealing()
    await stream.sendFlow('SEAL', { size: this.size, digest }, true)
  }

  /** @returns whether it was the last. */
  private async sendBlock(): Promise<boolean> {
    const { pool, pass } = this.options
    const buffer = pool.take()
    let count = 0
    try {
      count = await this.whileOurTurn(pass.read(buffer))
      if (count > 0) this.digests.push(blockDigest(buffer.subarray(0, count)))
    } catch (error) {
      pool.give(buffer)
      throw error
    }
    this.size += count
    this.send(buffer, count)
    return count < blockBytes
  }

  /** The buffer belongs to the stream until the last of it has left. */
  private send(buffer: Buffer, count: number): void {
    let framesLeft = Math.ceil(count / chunkBytesMax)
    if (framesLeft === 0) return this.options.pool.give(buffer)
    this.blocksHeld++
    for (let at = 0; at < count; at += chunkBytesMax) {
      const chunk = buffer.subarray(at, Math.min(at + chunkBytesMax, count))
      const onSent = (): void => {
        this.options.silence.heard()
        this.options.onSent(chunk.length)
        if (--framesLeft === 0) this.giveBack(buffer)
      }
      this.options.stream.queuePiece('CHUNK', chunk, { fin: false, onSent })
    }
  }

  private giveBack(buffer: Buffer): void {
    this.blocksHeld--
    this.options.pool.give(buffer)
    this.onRoom()
  }

  private room(): Promise<void> {
    if (this.blocksHeld < blocksHeldMax) return Promise.resolve()
    return new Promise(resolve => {
      this.onRoom = resolve
    })
  }

  /** While we wait for our own bytes, the server owes us nothing. */
  private async whileOurTurn<T>(work: Promise<T>): Promise<T> {
    const { silence } = this.options
    silence.hold()
    try {
      return await work
    } finally {
      silence.release()
    }
  }
}
