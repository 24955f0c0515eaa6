/**
 * Sinks for what a coordinator fetches of a content that it lacks: first its list of block digests, which tells what is
 * missing, then those blocks, each held against its digest. Clause: protocol/README.md "FETCH".
 */
import type { BlockRange } from '../../protocol/block-ranges.ts'
import { blockCount, type Digest, fileDigest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { StageId } from '../../protocol/ids.ts'
import { digestBytes, fileBytesMax } from '../../protocol/limits.ts'
import { BlockIntake } from '../../replica/store/block-intake.ts'
import type { BodySink } from '../../replica/store/body-sink.ts'
import type { Announced, Gathering } from '../../replica/store/store.ts'

/** Takes the list. */
export class ListSink implements BodySink {
  readonly closed = false
  private readonly digest: Digest
  private size = 0
  private list = Buffer.alloc(0)
  private held = 0

  constructor(digest: Digest) {
    this.digest = digest
  }

  /** @throws ConcurError BAD_DIGEST. */
  begin(size: number): void {
    if (size > fileBytesMax) throw new ConcurError('BAD_DIGEST', `a file of ${size} bytes`)
    this.size = size
    this.list = Buffer.alloc(blockCount(size) * digestBytes)
  }

  /** @throws ConcurError BAD_DIGEST for more than the list, or for bytes that nobody asked for. */
  async piece(opcode: 'DIGESTS' | 'CHUNK', bytes: Buffer): Promise<void> {
    if (opcode === 'CHUNK' || this.held + bytes.length > this.list.length)
      throw new ConcurError('BAD_DIGEST', 'more than the list of blocks came')
    this.list.set(bytes, this.held)
    this.held += bytes.length
  }

  /** @throws ConcurError BAD_DIGEST when the list does not lead to the digest. */
  announced(): Announced {
    const { size, digest, list } = this
    if (fileDigest(size, list) !== digest)
      throw new ConcurError('BAD_DIGEST', 'block digests that do not make the digest')
    return { size, digest, blockDigests: list }
  }
}

/** Takes blocks. */
export class BlocksSink implements BodySink {
  readonly closed = false
  private readonly intake: BlockIntake

  constructor(gathering: Gathering, size: number, ranges: readonly BlockRange[]) {
    this.intake = new BlockIntake({
      size,
      ranges,
      onBlock: async (index, block) => {
        if (await gathering.take(index, block)) return
        throw new ConcurError('BAD_DIGEST', `block ${index} is not what its digest says`)
      },
    })
  }

  begin(): void {}

  async piece(opcode: 'DIGESTS' | 'CHUNK', bytes: Buffer): Promise<void> {
    if (opcode === 'CHUNK') await this.intake.add(bytes)
  }
}

/** Takes a whole body: its list, then every block. */
export class WholeSink implements BodySink {
  readonly closed = false
  private readonly list: ListSink
  private readonly beginGathering: (announced: Announced) => Promise<Gathering>
  private gathering: Promise<Gathering> | null = null
  private blocks: Promise<BlocksSink> | null = null

  constructor(digest: Digest, beginGathering: (announced: Announced) => Promise<Gathering>) {
    this.list = new ListSink(digest)
    this.beginGathering = beginGathering
  }

  begin(size: number): void {
    this.list.begin(size)
  }

  async piece(opcode: 'DIGESTS' | 'CHUNK', bytes: Buffer): Promise<void> {
    if (opcode === 'DIGESTS') return this.list.piece(opcode, bytes)
    this.blocks ??= this.open()
    const blocks = await this.blocks
    await blocks.piece(opcode, bytes)
  }

  /** All has come. @throws ConcurError BAD_DIGEST; DiskError. */
  async seal(): Promise<StageId> {
    this.blocks ??= this.open()
    await this.blocks
    return (await this.gathering!).seal()
  }

  giveUp(because: unknown): void {
    this.gathering?.then(
      gathering => gathering.giveUp(because),
      () => {},
    )
  }

  private async open(): Promise<BlocksSink> {
    const announced = this.list.announced()
    this.gathering = this.beginGathering(announced)
    const count = blockCount(announced.size)
    return new BlocksSink(await this.gathering, announced.size, count === 0 ? [] : [{ first: 0, count }])
  }
}
