/** A content that is in memory, given out as an opened file is. */
import { allBlocks, blocksIn } from '../../protocol/block-ranges.ts'
import { blockCount, blockLength, digestOf } from '../../protocol/digest.ts'
import { blockBytes } from '../../protocol/limits.ts'
import type { OpenBody } from './file-body.ts'

export class BytesBody implements OpenBody {
  readonly blockDigests: Buffer
  readonly executable: boolean | null
  private readonly bytes: Buffer

  /** Nobody changes `bytes` any more. */
  constructor(bytes: Buffer, executable: boolean | null = null) {
    this.bytes = bytes
    this.executable = executable
    this.blockDigests = digestOf(bytes).blockDigests
  }

  get size(): number {
    return this.bytes.length
  }

  async *pieces(ranges = allBlocks(blockCount(this.size))): AsyncGenerator<Buffer> {
    for (const index of blocksIn(ranges)) {
      const at = index * blockBytes
      yield this.bytes.subarray(at, at + blockLength(this.size, index))
    }
  }

  close(): void {}
}
