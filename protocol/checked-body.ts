/**
 * A body as its receiver takes it: the list of block digests must hash to the digest of the verdict before a byte is
 * believed, and each block must hash to its own before it is passed on. Clause: README.md "Bodies".
 */
import { blockCount, blockDigest, blockLength, type Digest, fileDigest } from './digest.ts'
import { ConcurError } from './errors.ts'
import { blockBytes, digestBytes, fileBytesMax } from './limits.ts'

export interface CheckedBodyOptions {
  /** What the content must be. */
  readonly digest: Digest
  /** Takes a block that was checked. @returns when its bytes may be used again. */
  onBlock(block: Buffer, at: number): Promise<void>
}

export class CheckedBody {
  private readonly options: CheckedBodyOptions
  private size = 0
  private digests = Buffer.alloc(0)
  private digestsHeld = 0
  private blocksDone = 0
  private block: Buffer | null = null
  private blockHeld = 0

  constructor(options: CheckedBodyOptions) {
    this.options = options
  }

  /** @throws ConcurError TOO_LARGE; CHANGED when an empty file was expected to be another. */
  begin(size: number): void {
    if (size > fileBytesMax) throw new ConcurError('TOO_LARGE', `a file of ${size} bytes`)
    this.size = size
    this.digests = Buffer.alloc(blockCount(size) * digestBytes)
    if (size === 0) this.assertDigest()
  }

  /** @throws ConcurError CHANGED when the whole list is in and is not the expected content's. */
  async takeDigests(bytes: Uint8Array): Promise<void> {
    if (this.digestsHeld + bytes.length > this.digests.length) throw this.wrong('too many block digests')
    this.digests.set(bytes, this.digestsHeld)
    this.digestsHeld += bytes.length
    if (this.digestsHeld === this.digests.length) this.assertDigest()
  }

  /** @throws ConcurError CHANGED when a block is not what the list says. */
  async takeBytes(bytes: Uint8Array): Promise<void> {
    if (this.digestsHeld < this.digests.length) throw this.wrong('bytes before the block digests')
    let at = 0
    while (at < bytes.length) {
      const length = blockLength(this.size, this.blocksDone)
      if (length <= 0) throw this.wrong('more bytes than its size')
      const taken = Math.min(length - this.blockHeld, bytes.length - at)
      await this.takePiece(bytes.subarray(at, at + taken), length)
      at += taken
    }
  }

  /** @throws ConcurError CHANGED when something of it did not come. */
  assertWhole(): void {
    if (this.blocksDone !== blockCount(this.size) || this.digestsHeld !== this.digests.length)
      throw this.wrong('ends too early')
  }

  private async takePiece(piece: Uint8Array, length: number): Promise<void> {
    if (piece.length === length) return this.finishBlock(Buffer.from(piece.buffer, piece.byteOffset, length))
    this.block ??= Buffer.allocUnsafeSlow(Math.min(blockBytes, this.size))
    this.block.set(piece, this.blockHeld)
    this.blockHeld += piece.length
    if (this.blockHeld < length) return
    this.blockHeld = 0
    await this.finishBlock(this.block.subarray(0, length))
  }

  private async finishBlock(block: Buffer): Promise<void> {
    const at = this.blocksDone++
    const expected = this.digests.subarray(at * digestBytes, (at + 1) * digestBytes)
    if (!blockDigest(block).equals(expected)) throw this.wrong(`block ${at} is not what it should be`)
    await this.options.onBlock(block, at * blockBytes)
  }

  private assertDigest(): void {
    if (fileDigest(this.size, this.digests) !== this.options.digest)
      throw this.wrong('block digests of another content')
  }

  private wrong(what: string): ConcurError {
    return new ConcurError('CHANGED', `the content changed while it was read (${what})`)
  }
}
