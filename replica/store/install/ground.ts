/** What the changes of the tree work with, and what one record's work says when it is done. */

import type { Outcome } from '../../../protocol/change-messages.ts'
import type { Copy } from '../../../protocol/copies.ts'
import type { Digest } from '../../../protocol/digest.ts'
import type { StageId } from '../../../protocol/ids.ts'
import { nodesMax } from '../../../protocol/limits.ts'
import type { FilePath } from '../../../protocol/path.ts'
import type { JournalEntry } from '../../../protocol/record.ts'
import type { BlockHasher } from '../block-hasher.ts'
import type { Digests } from '../digests.ts'
import type { Disk, Fd } from '../disk.ts'
import type { Gatherings } from '../gatherings.ts'
import type { History } from '../history.ts'
import type { PathIndex, PathState } from '../path-index.ts'
import type { Slices } from '../slices.ts'
import type { Stages } from '../staging.ts'
import type { Tree } from '../tree.ts'
import { type Contents, causeOf, type Holds, holds } from './decide.ts'
import type { Out } from './out.ts'

/** What was got for a record whose bytes are not here: its result as a whole. */
export type Obtained =
  | { readonly is: 'bytes'; readonly bytes: Buffer }
  | { readonly is: 'staged'; readonly stage: StageId }
  | { readonly is: 'lost'; readonly reason: string }

/** A content by the path and the record that made it. */
export interface StatedContent {
  readonly number: number
  readonly path: FilePath
  readonly seq: number
  readonly size: number
  readonly digest: Digest
}

/** Asks other nodes. */
export interface ContentSource {
  /**
   * `stated`: the entry is of no journal, but what a path is by what was stated to this node; this is its number.
   * @throws ConcurError UNREACHABLE: nobody could be asked; the record is tried again in a moment.
   */
  obtain(entry: JournalEntry, stated?: StatedContent): Promise<Obtained>
}

export interface Ground {
  readonly disk: Disk
  readonly tree: Tree
  readonly digests: Digests
  readonly hasher: BlockHasher
  readonly history: History
  readonly stages: Stages
  /** What comes from other nodes. */
  readonly gatherings: Gatherings
  /** `.concur/exchange`. */
  readonly exchange: Fd
  readonly contents: ContentSource
  /** What the records before made of each path, and had made of it. */
  readonly paths: Pick<PathIndex, 'get' | 'seqOfContent'>
}

/** More than this is not told: a `rm -r` may leave a million. */
const keptMax = 1000

/** The work of one record. */
export class Work {
  readonly entry: JournalEntry
  readonly slices: Slices
  /** Contents that this node settled at the record's path, or left out, and the record does not name. */
  readonly older: readonly Digest[]
  /** Whether a file that nobody knows may be one of ours whose bytes were lost. */
  readonly afterPowerLoss: boolean
  /** Whether a loss of power may have met this record's work in the middle. */
  readonly mayBeTorn: boolean
  /** Whether it may have been tried before, and have left something between the tree and history. */
  readonly mayBeBegun: boolean
  private readonly later: () => readonly Digest[]
  private readonly kept: { path: FilePath; reason: string }[] = []
  private readonly gaveWay: Outcome['replaced'][number][] = []

  constructor(options: {
    entry: JournalEntry
    slices: Slices
    older: readonly Digest[]
    /** Contents that later records give the path: the disk may be there already, when all positions were lost. */
    later?: () => readonly Digest[]
    afterPowerLoss?: boolean
    mayBeTorn?: boolean
    mayBeBegun?: boolean
  }) {
    this.entry = options.entry
    this.slices = options.slices
    this.older = options.older
    this.later = options.later ?? (() => [])
    this.afterPowerLoss = options.afterPowerLoss ?? false
    this.mayBeTorn = options.mayBeTorn ?? false
    this.mayBeBegun = options.mayBeBegun ?? true
  }

  get seq(): number {
    return this.entry.record.seq
  }

  holds(copy: Copy, contents: Contents): Holds {
    const found = holds(copy, contents)
    if (found !== 'another file') return found
    if (copy.is === 'file' && this.later().includes(copy.digest)) return 'result'
    return this.afterPowerLoss || this.isTorn(copy) ? 'known' : found
  }

  /** Whether a file has the size and the time that this record gives, and lost its bytes. */
  private isTorn(copy: Copy): boolean {
    const { change, timeMs } = this.entry.record
    if (!this.mayBeTorn || copy.is !== 'file' || !('size' in change)) return false
    return copy.size === change.size && copy.mtimeMs === timeMs
  }

  keep(path: FilePath, reason: string): void {
    if (this.kept.length < keptMax) this.kept.push({ path, reason })
  }

  /** `out`: what gave way; what has no digest is not told. `before`: what the records before made of the path. */
  replaced(
    path: FilePath,
    { digest, rotten }: Pick<Out, 'digest' | 'rotten'>,
    { base, before }: { base: Digest | null; before: PathState | null },
  ): void {
    if (digest === null) return
    const wasDeleted = before?.is === 'absent' && before.seq < this.seq
    const told = this.older.includes(digest) ? null : causeOf(digest, base, wasDeleted)
    const cause = rotten ? 'bit-rot' : told
    if (this.gaveWay.length === nodesMax) {
      // Of many files a person has to hear of one that was not what the records made.
      if (cause === null || this.gaveWay.some(one => one.cause !== null)) return
      this.gaveWay.pop()
    }
    this.gaveWay.push({ path, digest, cause })
  }

  outcome(): Outcome {
    return { seq: this.seq, kept: this.kept, replaced: this.gaveWay }
  }

  /** Lets others have their turn when it is due. */
  async pause(): Promise<void> {
    if (this.slices.isUsedUp) await this.slices.next()
  }
}
