/** Buffers of one size that are used again, so that a long transfer allocates a few and no more. */
export class BufferPool {
  readonly bufferBytes: number
  private readonly free: Buffer[] = []
  private readonly keepMax: number

  /** `keepMax`: how many unused buffers are kept for the next transfer. */
  constructor(options: { bufferBytes: number; keepMax: number }) {
    this.bufferBytes = options.bufferBytes
    this.keepMax = options.keepMax
  }

  take(): Buffer {
    return this.free.pop() ?? Buffer.allocUnsafeSlow(this.bufferBytes)
  }

  give(buffer: Buffer): void {
    if (this.free.length < this.keepMax) this.free.push(buffer)
  }
}
