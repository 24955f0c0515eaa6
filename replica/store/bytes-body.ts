/** A content that is in memory, given out as an opened file is. */
import { blockCount, blockLength, digestOf } from '../../protocol/digest.ts'
import { blockBytes } from '../../protocol/limits.ts'
import type { OpenBody } from './file-body.ts'

export class BytesBody implements OpenBody {
  readonly blockDigests: Buffer
  private readonly bytes: Buffer

  /** Nobody changes `bytes` any more. */
  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.blockDigests = digestOf(bytes).blockDigests
  }

  get size(): number {
    return this.bytes.length
  }

  async *blocks(): AsyncGenerator<Buffer> {
    for (let index = 0; index < blockCount(this.size); index++) {
      const at = index * blockBytes
      yield this.bytes.subarray(at, at + blockLength(this.size, index))
    }
  }

  close(): void {}
}
