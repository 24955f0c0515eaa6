/**
 * One body as it comes: the list of block digests, which must hash to the digest of the verdict before any of them is
 * believed; then the bytes, gathered into blocks, each of which must hash to its own digest before it goes on. Works
 * within the call that brings the bytes. Clause: README.md "Bodies".
 */
import type { BufferPool } from './buffer-pool.ts'
import { blockCount, blockDigest, blockLength, type Digest, fileDigest } from './digest.ts'
import { ConcurError } from './errors.ts'
import { blockBytes, digestBytes } from './limits.ts'

/** CHANGED: the bytes are not those of the verdict: the file moved under the read, or a copy is not what its node said. */
export class ContentMoved extends ConcurError {
  constructor(message: string) {
    super('CHANGED', message)
  }
}

/** Blocks up to this size get a buffer of their own size; larger ones one of the pool. */
const ownBufferBytesMax = 64 * 1024

export interface BodyReceiverOptions {
  readonly digest: Digest
  /** At most 1 TiB: asserted where the verdict came in. */
  readonly size: number
  readonly pool: BufferPool
  /** A block that was checked. Its buffer belongs to the taker, who gives it back with `returnBlock`. */
  readonly onBlock: (block: Buffer, at: number) => void
}

export class BodyReceiver {
  private readonly options: BodyReceiverOptions
  private readonly digests: Buffer
  private digestsHeld = 0
  private blocksDone = 0
  private block: Buffer | null = null
  private blockHeld = 0

  /** @throws ContentMoved when an empty file is announced where the verdict knows another. */
  constructor(options: BodyReceiverOptions) {
    this.options = options
    this.digests = Buffer.allocUnsafeSlow(blockCount(options.size) * digestBytes)
    if (options.size === 0) this.assertDigest()
  }

  get isWhole(): boolean {
    return this.digestsHeld === this.digests.length && this.blocksDone === blockCount(this.options.size)
  }

  /** @throws ContentMoved when the whole list is in and is another content's; ConcurError BAD_FRAME. */
  takeDigests(bytes: Uint8Array): void {
    if (this.digestsHeld + bytes.length > this.digests.length)
      throw new ConcurError('BAD_FRAME', 'more block digests than blocks')
    this.digests.set(bytes, this.digestsHeld)
    this.digestsHeld += bytes.length
    if (this.digestsHeld === this.digests.length) this.assertDigest()
  }

  /** @throws ContentMoved when a block is not what its digest says; ConcurError BAD_FRAME. */
  takeBytes(bytes: Uint8Array): void {
    if (bytes.length > 0 && this.digestsHeld < this.digests.length)
      throw new ConcurError('BAD_FRAME', 'bytes before their digests')
    let at = 0
    while (at < bytes.length) {
      const length = blockLength(this.options.size, this.blocksDone)
      if (length <= 0) throw new ConcurError('BAD_FRAME', 'more bytes than the file has')
      this.block ??= takeBlock(this.options.pool, length)
      const taken = Math.min(length - this.blockHeld, bytes.length - at)
      this.block.set(
        at === 0 && taken === bytes.length ? bytes : bytes.subarray(at, at + taken),
        this.blockHeld,
      )
      this.blockHeld += taken
      at += taken
      if (this.blockHeld === length) this.finishBlock(this.block.subarray(0, length))
    }
  }

  /** Lets go of a block that is not complete. */
  abandon(): void {
    if (this.block !== null) returnBlock(this.options.pool, this.block)
    this.block = null
  }

  private finishBlock(block: Buffer): void {
    const at = this.blocksDone * digestBytes
    if (!blockDigest(block).equals(this.digests.subarray(at, at + digestBytes))) {
      throw new ContentMoved(`block ${this.blocksDone} is not what its digest says`)
    }
    this.block = null
    this.blockHeld = 0
    this.blocksDone++
    this.options.onBlock(block, (this.blocksDone - 1) * blockBytes)
  }

  private assertDigest(): void {
    if (fileDigest(this.options.size, this.digests) === this.options.digest) return
    throw new ContentMoved('the block digests are those of another content')
  }
}

function takeBlock(pool: BufferPool, length: number): Buffer {
  return length <= ownBufferBytesMax ? Buffer.allocUnsafe(length) : pool.take()
}

/** Gives a block's buffer back where it came from. */
export function returnBlock(pool: BufferPool, block: Buffer): void {
  if (block.length <= ownBufferBytesMax) return
  pool.give(Buffer.from(block.buffer, block.byteOffset, pool.bufferBytes))
}
