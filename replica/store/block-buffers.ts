/**
 * Buffers of one block each, shared by all bodies that are read at once. Whoever needs a block to go on gets one;
 * reading ahead is for those who come while few are out, so that many slow readers do not hold two each.
 */
import { blockBytes } from '../../protocol/limits.ts'

const buffersIdleMax = 16
const buffersOutBeforeThrift = 32

export class BlockBuffers {
  private readonly idle: Buffer[] = []
  private out = 0

  get mayReadAhead(): boolean {
    return this.out < buffersOutBeforeThrift
  }

  take(): Buffer {
    this.out++
    return this.idle.pop() ?? Buffer.allocUnsafeSlow(blockBytes)
  }

  give(buffer: Buffer): void {
    this.out--
    if (this.idle.length < buffersIdleMax) this.idle.push(buffer)
  }
}
