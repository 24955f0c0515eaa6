/** Hashes in this thread, a block a turn: for many nodes in one process. */
import { blockCount, blockDigest, blockLength } from '../../protocol/digest.ts'
import { blockBytes, digestBytes } from '../../protocol/limits.ts'
import type { Timers } from '../../protocol/world.ts'
import type { BlockHasher, OnProgress } from './block-hasher.ts'
import { type Disk, type Fd, readFully } from './disk.ts'

export class InlineHasher implements BlockHasher {
  private readonly disk: Disk
  private readonly timers: Timers
  private readonly block = Buffer.allocUnsafeSlow(blockBytes)
  private closed = false

  constructor(options: { disk: Disk; timers: Timers }) {
    this.disk = options.disk
    this.timers = options.timers
  }

  async hash(file: Fd, size: number, onProgress: OnProgress): Promise<Buffer | null> {
    const digests = Buffer.alloc(blockCount(size) * digestBytes)
    for (let index = 0; index < blockCount(size); index++) {
      if (this.closed) throw new Error('the hasher is closed')
      const bytes = this.block.subarray(0, blockLength(size, index))
      if (readFully(this.disk, file, bytes, index * blockBytes) < bytes.length) return null
      digests.set(blockDigest(bytes), index * digestBytes)
      onProgress(index * blockBytes + bytes.length, size)
      await new Promise<void>(resolve => this.timers.endOfTurn(resolve))
    }
    return digests
  }

  async close(): Promise<void> {
    this.closed = true
  }
}
