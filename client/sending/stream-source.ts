/**
 * Bytes that come once: standard input, a FIFO, a device. The first MiB is held before anything is sent, so that what is
 * no longer than that can be sent again; of what is longer, the beginning is gone once the rest is read.
 */
import { blockBytes } from '../../protocol/limits.ts'
import { type ByteSource, type Pass, passOver } from './byte-source.ts'
import { unreadable } from './local-read-error.ts'

/** Bytes that are held, so that they can be sent again. */
const heldBytesMax = blockBytes

/** What is read from, a piece at a time. */
export interface Pieces extends AsyncIterable<Buffer> {
  /** Nothing more is wanted; a piece that is waited for does not come any more. */
  close(): void
}

export class StreamSource implements ByteSource {
  private readonly shown: string
  private readonly open: () => Promise<Pieces>
  private pieces: Pieces | null = null
  private iterator: AsyncIterator<Buffer> | null = null
  private held: Buffer[] = []
  private heldBytes = 0
  private hasEnded = false
  private isSpent = false
  /** What a piece had more than was wanted. */
  private rest: Buffer = Buffer.alloc(0)

  /** `open` is called with the first attempt. `shown`: as the person calls it. */
  constructor(shown: string, open: () => Promise<Pieces>) {
    this.shown = shown
    this.open = open
  }

  /** @throws ConcurError IO_ERROR. */
  async begin(): Promise<Pass | null> {
    if (this.isSpent) return null
    await this.hold()
    const held = Buffer.concat(this.held, this.heldBytes)
    this.held = [held]
    return this.hasEnded ? passOver(held) : this.passBeyond(held)
  }

  /** Nothing more will be begun. */
  close(): void {
    this.isSpent = true
    this.pieces?.close()
  }

  private async hold(): Promise<void> {
    while (!this.hasEnded && this.heldBytes < heldBytesMax) {
      const piece = await this.next(heldBytesMax - this.heldBytes)
      if (piece === null) return
      this.held.push(piece)
      this.heldBytes += piece.length
    }
  }

  private passBeyond(held: Buffer): Pass {
    const beginning = passOver(held)
    return {
      size: null,
      identity: 'stream',
      read: async into => {
        let count = await beginning.read(into)
        while (count < into.length) {
          this.spend()
          const piece = await this.next(into.length - count)
          if (piece === null) break
          count += piece.copy(into, count)
        }
        return count
      },
      assertUnmoved() {},
      close() {},
    }
  }

  private spend(): void {
    this.isSpent = true
    this.held = []
  }

  /** @returns 1 to `bytesMax` bytes; null at the end. @throws ConcurError IO_ERROR. */
  private async next(bytesMax: number): Promise<Buffer | null> {
    while (this.rest.length === 0) {
      const piece = await this.piece()
      if (piece === null) return null
      this.rest = piece
    }
    const piece = this.rest.subarray(0, bytesMax)
    this.rest = this.rest.subarray(piece.length)
    return piece
  }

  private async piece(): Promise<Buffer | null> {
    try {
      this.pieces ??= await this.open()
      this.iterator ??= this.pieces[Symbol.asyncIterator]()
      const { done, value } = await this.iterator.next()
      if (done !== true) return value
      this.hasEnded = true
      return null
    } catch (error) {
      throw unreadable(error, this.shown)
    }
  }
}
