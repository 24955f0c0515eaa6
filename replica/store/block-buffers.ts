/**
 * Buffers of one block or of one chunk each, shared by all bodies that are read at once. Whoever needs one to go on gets it;
 * while many are out, bodies are read a chunk at a time, and none is read ahead, so that many slow readers hold little.
 */
import { blockBytes, chunkBytesMax } from '../../protocol/limits.ts'

const outBeforeThriftMax = 32

/** Unused buffers that are kept for the next one, by their size. */
const idleMax: ReadonlyMap<number, number> = new Map([
  [chunkBytesMax, 64],
  [blockBytes, 16],
])

export class BlockBuffers {
  private readonly idle = new Map<number, Buffer[]>([...idleMax.keys()].map(bytes => [bytes, []]))
  private out = 0

  /** Bytes of a file to read at once. */
  get pieceBytes(): number {
    return this.out < outBeforeThriftMax ? blockBytes : chunkBytesMax
  }

  get mayReadAhead(): boolean {
    return this.out < outBeforeThriftMax
  }

  /** @param bytes at least so many; a block at the most. */
  take(bytes: number): Buffer {
    this.out++
    const size = bytes <= chunkBytesMax ? chunkBytesMax : blockBytes
    return this.idle.get(size)!.pop() ?? Buffer.allocUnsafeSlow(size)
  }

  give(buffer: Buffer): void {
    this.out--
    const idle = this.idle.get(buffer.length)!
    if (idle.length < idleMax.get(buffer.length)!) idle.push(buffer)
  }
}
