/**
 * Finds what this node has already of a content that it lacks: blocks that came before, as far as they are right, and blocks
 * of its own files. What is missing then has to come from somebody else. Each block is read and held against its digest,
 * whatever the index says. Clause: protocol/README.md "SUPPLY".
 */
import { blockLength } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { blockBytes, digestBytes } from '../../protocol/limits.ts'
import type { JournalEntry } from '../../protocol/record.ts'
import type { Clock, Timers } from '../../protocol/world.ts'
import type { JournalReader } from './ahead.ts'
import { findBlocks } from './block-plan.ts'
import { type BlockSource, openBlockSources } from './block-sources.ts'
import { DiskError, newStat } from './disk.ts'
import { type Announced, Gathering } from './gathering.ts'
import type { GatheredFile } from './gatherings.ts'
import type { Ground } from './install/ground.ts'
import { digestOfFirst } from './install/looked-at.ts'
import { readPiece } from './read-piece.ts'
import { type Pace, Slices } from './slices.ts'

const pace: Pace = { workMs: 8, restMs: 0 }

export interface GathererOptions {
  readonly ground: Ground
  readonly journal: JournalReader
  readonly clock: Clock
  readonly timers: Timers
}

/** One content under way. */
interface Under {
  readonly entry: JournalEntry
  readonly announced: Announced
  readonly file: GatheredFile
  /** Lets others have their turn when it is due. @throws ConcurError when nobody waits for the content any more. */
  readonly pause: () => Promise<void>
}

export class Gatherer {
  private readonly options: GathererOptions

  constructor(options: GathererOptions) {
    this.options = options
  }

  /**
   * @returns what was found, which belongs to the caller; that is the content of one record for one caller at a time.
   * @throws ConcurError UNREACHABLE when it is not wanted any more; DiskError: ENOSPC when there is no room for all of it.
   */
  async gather(entry: JournalEntry, announced: Announced, isWanted: () => boolean): Promise<Gathering> {
    const { ground } = this.options
    const file = await ground.gatherings.open(entry)
    const gathering = new Gathering({ disk: ground.disk, file, announced })
    try {
      const slices = new Slices({ ...this.options, pace })
      const pause = async (): Promise<void> => {
        if (slices.isUsedUp) await slices.next()
        if (!isWanted()) throw new ConcurError('UNREACHABLE', 'nobody waits for these bytes any more')
      }
      const under = { entry, announced, file, pause }
      await pause()
      await this.takeUp(gathering, under)
      if (!ground.gatherings.makeRoom(gathering.bytesMissing)) throw new DiskError('ENOSPC', 'write')
      await this.copy(gathering, under)
      return gathering
    } catch (error) {
      gathering.giveUp(error)
      throw error
    }
  }

  /** What came before. Where it cannot be read it comes again. */
  private async takeUp(gathering: Gathering, { file, announced, pause }: Under): Promise<void> {
    const { disk } = this.options.ground
    const { size } = announced
    const stat = newStat()
    disk.stat(file.fd, stat)
    if (stat.size > size) disk.truncate(file.fd, size)
    const whole = stat.size >= size ? size : stat.size - (stat.size % blockBytes)
    const digests = whole === 0 ? null : await this.digestsIn(file, whole)
    for (let index = 0; digests !== null && index * digestBytes < digests.length; index++) {
      if (gathering.isBlock(index, digests, index)) gathering.markThere(index)
      await pause()
    }
  }

  private async digestsIn({ fd }: GatheredFile, size: number): Promise<Buffer | null> {
    const { ground } = this.options
    try {
      return (await digestOfFirst(ground, fd, size))?.blockDigests ?? null
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      ground.disk.truncate(fd, 0)
      return null
    }
  }

  /** Blocks of files that are here. */
  private async copy(gathering: Gathering, { entry, announced, pause }: Under): Promise<void> {
    if (gathering.bytesMissing === 0) return
    const { ground } = this.options
    const { size, blockDigests } = announced
    const sources = await openBlockSources(this.options, entry, blockDigests)
    try {
      const wanted = { blockDigests, isThere: (index: number) => gathering.has(index) }
      const lists = sources.map(source => source.blockDigests)
      const block = Buffer.allocUnsafeSlow(Math.min(blockBytes, size))
      for (const found of findBlocks(wanted, lists)) {
        if (found !== null) {
          const bytes = block.subarray(0, blockLength(size, found.index))
          if (await this.read(sources[found.source]!, bytes, found.block))
            await gathering.take(found.index, bytes)
        }
        await pause()
      }
    } finally {
      for (const { fd } of sources) ground.disk.close(fd)
    }
  }

  /** @returns whether there is such a block, and it can be read. */
  private async read({ fd }: BlockSource, into: Buffer, block: number): Promise<boolean> {
    try {
      return await readPiece(this.options.ground.disk, fd, into, block * blockBytes)
    } catch (error) {
      if (error instanceof DiskError) return false
      throw error
    }
  }
}
