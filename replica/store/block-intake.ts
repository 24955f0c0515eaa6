/**
 * Bytes of some of a file's blocks, as they come one behind the other, gathered to blocks. While one is written the next is
 * gathered: whoever gives no credit for bytes before they are taken holds two blocks at the most.
 */
import { type BlockRange, blocksIn } from '../../protocol/block-ranges.ts'
import { blockLength } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'

export interface BlockIntakeOptions {
  /** Of the whole file. */
  readonly size: number
  readonly ranges: readonly BlockRange[]
  /** A block that is whole; its buffer may be used again when this has settled. Called for one after the other. */
  readonly onBlock: (index: number, block: Buffer) => Promise<void>
}

export class BlockIntake {
  private readonly options: BlockIntakeOptions
  private readonly blocks: Iterator<number>
  /** The block that comes now; null: none comes any more. */
  private index: number | null
  private block: Buffer = Buffer.alloc(0)
  private held = 0
  private readonly idle: Buffer[] = []
  private taken: Promise<void> = Promise.resolve()

  constructor(options: BlockIntakeOptions) {
    this.options = options
    this.blocks = blocksIn(options.ranges)
    this.index = this.next()
  }

  /** Whether nothing is awaited any more. */
  get isWhole(): boolean {
    return this.index === null
  }

  /**
   * @returns when each block that is whole with these bytes was taken; the bytes themselves may be used again at once.
   * @throws ConcurError BAD_FRAME for more bytes than are awaited, or what `onBlock` throws: nothing is taken any more.
   */
  async add(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.index === null) throw new ConcurError('BAD_FRAME', 'more bytes than were wanted')
      const length = blockLength(this.options.size, this.index)
      if (this.block.length < length) this.block = this.idle.pop() ?? Buffer.allocUnsafeSlow(length)
      const part = bytes.subarray(at, at + length - this.held)
      this.block.set(part, this.held)
      this.held += part.length
      at += part.length
      if (this.held === length) this.endBlock(this.index, length)
    }
    await this.taken
  }

  private endBlock(index: number, length: number): void {
    const { block } = this
    this.block = Buffer.alloc(0)
    this.held = 0
    this.index = this.next()
    this.taken = this.taken
      .then(() => this.options.onBlock(index, block.subarray(0, length)))
      .then(() => void this.idle.push(block))
    // Told to whoever adds.
    this.taken.catch(() => {})
  }

  private next(): number | null {
    const next = this.blocks.next()
    return next.done ? null : next.value
  }
}
