/**
 * One content that this node lacks, gathered block by block in any order. A block is written only when it is what the
 * list of block digests says, so that what is there can be relied on as long as this is open. Ends with `seal` or
 * `giveUp`.
 */
import { type BlockRange, rangesOf } from '../../protocol/block-ranges.ts'
import { blockCount, blockDigest, blockLength, type Digest } from '../../protocol/digest.ts'
import type { StageId } from '../../protocol/ids.ts'
import { blockBytes, digestBytes } from '../../protocol/limits.ts'
import type { Disk } from './disk.ts'
import { EarlyFlush } from './early-flush.ts'
import type { GatheredFile, Leaves } from './gatherings.ts'
import { noSpace } from './trouble.ts'

/** A content as somebody who has it tells of it; the list of block digests leads to the digest. */
export interface Announced {
  readonly size: number
  readonly digest: Digest
  readonly blockDigests: Buffer
}

export interface GatheringOptions {
  readonly disk: Disk
  readonly file: GatheredFile
  readonly announced: Announced
}

export class Gathering {
  private readonly options: GatheringOptions
  private readonly there: Uint8Array
  private readonly early: EarlyFlush
  private bytesThere = 0
  private writesUnderWay = 0
  /** How the file is left when nothing is written to it any more. */
  private leaves: (() => Leaves) | null = null

  constructor(options: GatheringOptions) {
    this.options = options
    this.there = new Uint8Array(blockCount(options.announced.size))
    this.early = new EarlyFlush({ disk: options.disk, file: options.file.fd })
  }

  get bytesMissing(): number {
    return this.options.announced.size - this.bytesThere
  }

  has(index: number): boolean {
    return this.there[index] === 1
  }

  /** Whether block `at` of a list of block digests is what belongs at `index`. */
  isBlock(index: number, digests: Buffer, at: number): boolean {
    const { blockDigests } = this.options.announced
    const [wanted, found] = [index * digestBytes, at * digestBytes]
    return blockDigests.compare(digests, found, found + digestBytes, wanted, wanted + digestBytes) === 0
  }

  /** The block lies in the file already, and was read there. */
  markThere(index: number): void {
    if (this.has(index)) return
    this.there[index] = 1
    this.bytesThere += blockLength(this.options.announced.size, index)
  }

  /**
   * Writes a block, which must not change until then. @returns whether it is what it should be; else nothing is written.
   * @throws DiskError.
   */
  async take(index: number, block: Buffer): Promise<boolean> {
    if (this.leaves !== null || !this.isBlock(index, blockDigest(block), 0)) return false
    if (this.has(index)) return true
    const { disk, file } = this.options
    this.writesUnderWay++
    try {
      await disk.writeSoon(file.fd, block, index * blockBytes)
      this.early.wrote(index * blockBytes, block.length)
      this.markThere(index)
      return true
    } finally {
      this.writesUnderWay--
      this.closeIfOver()
    }
  }

  /** @returns the blocks that are not there; more ranges than that are joined, with blocks between them that are. */
  missing(rangesMax: number): BlockRange[] {
    return rangesOf(this.missingBlocks(), rangesMax)
  }

  /** Returns when all of it is on the disk, as this stage. @throws DiskError. */
  async seal(): Promise<StageId> {
    const { announced, file } = this.options
    if (this.bytesMissing > 0) throw new Error('a content of which blocks are missing is not sealed')
    await file.flush()
    this.end(() => ({ is: 'whole', sealed: announced }))
    return file.id
  }

  /** What came stays for the next time, unless the disk is full. Harmless after the end. */
  giveUp(because: unknown): void {
    this.end(() => ({ is: this.bytesThere === 0 || noSpace(because) ? 'dropped' : 'begun' }))
  }

  private *missingBlocks(): Generator<number> {
    for (let index = 0; index < this.there.length; index++) if (!this.has(index)) yield index
  }

  private end(leaves: () => Leaves): void {
    if (this.leaves !== null) return
    this.leaves = leaves
    this.closeIfOver()
  }

  private closeIfOver(): void {
    if (this.leaves !== null && this.writesUnderWay === 0) this.options.file.close(this.leaves())
  }
}
