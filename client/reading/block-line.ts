/**
 * Blocks that were checked, on their way to where they are kept: written one after the other, in the order in which
 * they came. Says when it has enough, so that no more is asked of the server than can be written.
 */

/** Where the blocks of one version go. */
export interface BlockSink {
  /** @returns when the block is written and its buffer may be used again. `at`: its place in the file, in bytes. */
  write(block: Buffer, at: number): Promise<void>
}

interface Waiting {
  readonly block: Buffer
  readonly at: number
  readonly sink: BlockSink
}

export interface BlockLineOptions {
  /** A block's buffer is free again. */
  readonly onReleased: (block: Buffer) => void
  /** Nothing waits any more. */
  readonly onRoom: () => void
  readonly onFailed: (error: unknown) => void
  /** Called each time that nothing is being written any more. */
  readonly onIdle: () => void
}

export class BlockLine {
  private readonly options: BlockLineOptions
  private waiting: Waiting[] = []
  private isWriting = false

  constructor(options: BlockLineOptions) {
    this.options = options
  }

  /** One block is written, another waits: the next to come would only lie about. */
  get isFull(): boolean {
    return this.waiting.length > 0
  }

  get isIdle(): boolean {
    return !this.isWriting
  }

  put(block: Buffer, at: number, sink: BlockSink): void {
    this.waiting.push({ block, at, sink })
    if (!this.isWriting) void this.write()
  }

  /** What waits is dropped; what is being written is let finish. */
  stop(): void {
    for (const { block } of this.waiting.splice(0)) this.options.onReleased(block)
  }

  private async write(): Promise<void> {
    this.isWriting = true
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      const { block, at, sink } = next
      if (!this.isFull) this.options.onRoom()
      try {
        await sink.write(block, at)
      } catch (error) {
        this.stop()
        this.options.onFailed(error)
      } finally {
        this.options.onReleased(block)
      }
    }
    this.isWriting = false
    this.options.onIdle()
  }
}
