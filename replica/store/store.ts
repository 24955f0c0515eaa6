/**
 * One node's copy: what its disk holds, with digests that can be believed, and contents by digest. The only face
 * of this folder to the rest of the program. Knows no other node and no wire.
 */

import { AtMost } from '../../protocol/at-most.ts'
import type { Outcome, Place } from '../../protocol/change-messages.ts'
import type { Copy, CopyAt } from '../../protocol/copies.ts'
import type { Digest } from '../../protocol/digest.ts'
import type { ClusterId, NodeId, NodeName, StageId } from '../../protocol/ids.ts'
import type { Entry } from '../../protocol/messages.ts'
import type { PathPast } from '../../protocol/notes.ts'
import { type FilePath, type FolderPath, movedPath } from '../../protocol/path.ts'
import { randomId } from '../../protocol/random-id.ts'
import type { Epoch, JournalEntry } from '../../protocol/record.ts'
import { ShortTurns } from '../../protocol/short-turns.ts'
import type { TreeSum } from '../../protocol/tree-sum.ts'
import type { Clock, Random, Timers } from '../../protocol/world.ts'
import type { BlockHasher, OnProgress } from './block-hasher.ts'
import { Bodies } from './bodies.ts'
import { Changes, type StatedTaking } from './changes.ts'
import { Contents } from './contents.ts'
import { readDeepVerified, writeDeepVerified } from './deep-file.ts'
import { Digests } from './digests.ts'
import { type Disk, newStat } from './disk.ts'
import { type Extension, extended, stagedPieces } from './extended.ts'
import type { Fence } from './fence.ts'
import type { OpenBody } from './file-body.ts'
import type { FiledFork } from './fork/filing.ts'
import { readForkMark } from './fork/fork-mark.ts'
import { Gatherer } from './gatherer.ts'
import type { Announced, Gathering } from './gathering.ts'
import { StoreHistory } from './history/store-history.ts'
import type { JournalKeep } from './horizon.ts'
import type { Index } from './index.ts'
import type { ContentSource } from './install/ground.ts'
import { installKept } from './install/kept-result.ts'
import type { Journal } from './journal/journal.ts'
import type { Whom } from './lookout/closed.ts'
import type { LookoutGround } from './lookout/ground.ts'
import { reasonToStop } from './lookout/root-check.ts'
import { Past } from './past/past.ts'
import { pathPast } from './past/path-past.ts'
import type { PathState } from './path-index.ts'
import type { Room } from './room.ts'
import type { Settler } from './settler.ts'
import { type Pace, Slices } from './slices.ts'
import type { SmallBody } from './small-contents.ts'
import type { Stages } from './staging.ts'
import { StatedTree, sumPaths } from './stated/stated-tree.ts'
import { closeParts, openParts, type Parts, refusalOf } from './store-parts.ts'
import { type SumOptions, type SumSources, sumTree } from './summing.ts'
import { survey } from './survey.ts'
import { type WalkOptions, walk } from './walk.ts'
import { type Made, type Whereabout, whereabouts } from './whereabouts.ts'

export type { StatedTaking } from './changes.ts'
export type { OpenBody } from './file-body.ts'
export type { Announced, Gathering } from './gathering.ts'
export type { ContentSource, Obtained, StatedContent } from './install/ground.ts'
export type { PathState } from './path-index.ts'
export type { SettlerEvents } from './settler.ts'
export type { Sealed, Stage } from './staging.ts'
export type { SumOptions } from './summing.ts'

const walkPace: Pace = { workMs: 10, restMs: 0 }
const countPace: Pace = { workMs: 3, restMs: 20 }
/** As the system treats root. */
const everybody: Whom = { user: 0, groups: [] }
/** Each holds some MiB. */
const sumsAtOnceMax = 2

export interface StoreOptions {
  /** The folder that holds the tree, by its name on this machine. */
  readonly root: string
  readonly disk: Disk
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  /** Belongs to the store from now on. */
  readonly hasher: BlockHasher
  /** Opens the index that lies in `folder`, which need not exist yet. */
  readonly openIndex: (folder: string) => Index
  /** Names this start of the system. */
  readonly bootId: string
  /** Hears of what failed in the background. */
  readonly onFault: (error: unknown) => void
  /** Somebody says that the disk is sound again: a fence goes, when a flush works. */
  readonly recheck?: boolean
  /** Whom the server runs as; nobody in particular: everything is open to it. */
  readonly whom?: Whom
  /** Of the journal's longest segment. */
  readonly segmentBytes?: number
}

export class Store {
  /** What was replaced or deleted, and how long it stays. */
  readonly history: StoreHistory
  private readonly options: StoreOptions
  private readonly parts: Parts
  private readonly digests: Digests
  private readonly changes: Changes
  private readonly bodies: Bodies
  private readonly contents: Contents
  /** What paths were. */
  readonly past: Past
  private readonly gatherer: Gatherer
  private readonly sums = new AtMost(sumsAtOnceMax)
  private closing: Promise<void> | null = null

  /**
   * Takes the root for this process.
   * @throws ConcurError USAGE, naming `--root`: no such folder, no folder, in use, or nothing can be written there.
   */
  static async open(options: StoreOptions): Promise<Store> {
    try {
      const parts = openParts(options)
      try {
        const { tree, index, fileClock, own } = parts
        const digests = new Digests({ ...options, tree, index: index.digests, fileClock })
        const isForkFiled = readForkMark(options.disk, own.fd) === null
        const stopped = isForkFiled
          ? await reasonToStop({ ...options, ...parts, own: own.fd, paths: index.paths })
          : null
        const shared = { ...options, tree, digests, stopped }
        const kept = { folder: own.fd, paths: index.paths, catalog: index.history }
        const changes = await Changes.open({ ...shared, ...kept })
        return new Store(options, parts, digests, changes)
      } catch (error) {
        await parts.index.close()
        closeParts(parts)
        throw error
      }
    } catch (error) {
      await options.hasher.close()
      throw refusalOf(options.root, error)
    }
  }

  private constructor(options: StoreOptions, parts: Parts, digests: Digests, changes: Changes) {
    this.options = options
    this.parts = parts
    this.digests = digests
    this.changes = changes
    this.bodies = new Bodies({ tree: parts.tree, digests, turns: new ShortTurns(options) })
    const { ground, journal, settler } = changes
    this.contents = new Contents({ ...options, ground, journal, settler, bodies: this.bodies })
    this.past = new Past({
      ...{ journal, paths: parts.index.paths, contents: this.contents },
      settledSeq: () => changes.settler.settledSeq,
      openKept: wanted => this.history.open(wanted),
      newSlices: () => this.newSlices(walkPace),
    })
    this.gatherer = new Gatherer({ ...options, ground, journal })
    this.history = new StoreHistory({
      ...{ ...options, ground, journal, keeper: changes.keeper, fence: changes.fence },
      ...{ paths: parts.index.paths, bodies: this.bodies },
      look: path => this.look(path, { deep: false }),
      pastOf: path => this.pastOf(path),
      flush: () => this.flush(),
    })
  }

  /** Every record of this node. Whoever appends has staged what the record names. */
  get journal(): Journal {
    return this.changes.journal
  }

  /** Makes the tree what the committed records say. */
  get settler(): Settler {
    return this.changes.settler
  }

  /** Bytes on their way. */
  get stages(): Stages {
    return this.changes.stages
  }

  /** Whether there is room for a change. */
  get room(): Room {
    return this.changes.room
  }

  /** Whether the store takes changes. */
  get fence(): Fence {
    return this.changes.fence
  }

  /** What the start had to list: kept, or replaced after a loss of power. */
  get recovered(): readonly Outcome[] {
    return this.changes.recovered
  }

  /** What somebody needs who looks at what happens behind the store's back. */
  get lookoutGround(): LookoutGround {
    const { tree, own, index } = this.parts
    const { digests, settler, fence, recovered } = this
    const { ground, journal } = this.changes
    const isUnsettled = (path: FilePath): boolean => settler.isUnsettled(path)
    const entryAt = (seq: number): JournalEntry | null => journal.at(seq)
    const newSlices = (): Slices => this.newSlices(walkPace)
    const tryAgain = (path: FilePath): Promise<boolean> =>
      installKept({ ground, path, entryAt, isUnsettled, newSlices })
    const { whom = everybody } = this.options
    const found = { digests, settler, fence, recovered, tryAgain, whom }
    return { ...this.options, tree, own: own.fd, paths: index.paths, ...found }
  }

  /** How much of the journal stays; until then all of it does. */
  setJournalKeep(keep: JournalKeep): void {
    this.changes.horizon.keep = keep
  }

  /** The node ids that names had when they were last members, as far as somebody noted them. */
  get nodeIds(): ReadonlyMap<NodeName, NodeId> {
    return this.parts.node.nodeIds
  }

  /** Returns when it is on the disk. @throws DiskError. */
  noteNodeId(name: NodeName, nodeId: NodeId): void {
    this.fence.guard(() => this.parts.node.noteNodeId(name, nodeId))
  }

  /** Who is asked for contents that are not here. */
  setContentSource(source: ContentSource | null): void {
    this.changes.setContentSource(source)
  }

  /**
   * Files what this node has behind the record `commonSeq`: the cluster has other records there. Nothing was appended
   * behind the last one that is committed.
   * @throws ConcurError, DiskError: nothing is settled until it was done again.
   */
  fileFork(commonSeq: number): Promise<FiledFork> {
    return this.changes.fileFork(commonSeq)
  }

  /** What this node's index holds, as far as it is settled, summed up. */
  sumPaths(): Promise<TreeSum> {
    return sumPaths(this.parts.index.paths, this.newSlices(walkPace))
  }

  /** States what this node's journal made of paths; the caller ends it. */
  stateTree(): StatedTree {
    const { journal, settler } = this
    const { tree, index } = this.parts
    const nowMs = (): number => this.options.clock.nowMs()
    return new StatedTree({
      tree,
      paths: index.paths,
      journal,
      settler,
      slices: this.newSlices(walkPace),
      nowMs,
    })
  }

  /** As `Changes.beginStated`: whoever begins it finishes or discards it, and appends nothing meanwhile. */
  beginStated(): Promise<StatedTaking> {
    return this.changes.beginStated()
  }

  /** Returns when all that is settled by now is on the disk. @throws ConcurError IO_ERROR. */
  flush(): Promise<void> {
    return this.changes.checkpoints.flush()
  }

  /** What the settled records made of the path; null: no record ever named it. */
  journaled(path: FilePath): PathState | null {
    return this.parts.index.paths.get(path)
  }

  /** What is known of earlier records of the path. */
  pastOf(path: FilePath): PathPast {
    return pathPast(this.journal, this.parts.index.paths, path)
  }

  /** @returns the last record up to `seqMax` that changed the path, or something below it, once that is settled; 0: none. */
  async lastSeqBelow(path: FilePath, seqMax: number): Promise<number> {
    await this.settler.settled(seqMax)
    let last = this.journaled(path)?.seq ?? 0
    for await (const piece of this.parts.index.paths.below(path))
      for (const [, { seq }] of piece) last = Math.max(last, seq)
    return Math.min(last, seqMax)
  }

  /** Whether everything that the settled records put below `from` can be named below `to`. */
  async fitsBelow(from: FilePath, to: FilePath): Promise<boolean> {
    if (Buffer.byteLength(to) <= Buffer.byteLength(from)) return true
    for await (const piece of this.parts.index.paths.below(from))
      for (const [path, { is }] of piece)
        if (is !== 'absent' && movedPath(path, from, to) === null) return false
    return true
  }

  /** What the disk holds at `path` and at its folder. A promise only when a large file has to be read. */
  survey(path: FilePath): Place | Promise<Place> {
    return survey(this.parts.tree, this.digests, path)
  }

  /** As `look`, with what this node's journal says of the path: of one and the same moment. */
  lookAt(path: FilePath, how: { deep: boolean; onProgress?: OnProgress }): CopyAt | Promise<CopyAt> {
    const before = this.journaled(path)
    const copy = this.look(path, how)
    if (!(copy instanceof Promise)) return copyAt(copy, before)
    return copy.then(found => {
      const isSame = (this.journaled(path)?.seq ?? 0) === (before?.seq ?? 0)
      return isSame ? copyAt(found, before) : this.lookAt(path, how)
    })
  }

  /**
   * The digest of the file at `path` with more bytes at its end; of the file itself only what the last block needs is read.
   * @throws ConcurError CHANGED when the file is not `base` any more, IO_ERROR.
   */
  extended(extension: Extension): Promise<{ size: number; digest: Digest }> {
    return extended(this.parts.tree, this.digests, extension, this.newSlices(walkPace))
  }

  /** The bytes of a sealed stage, in pieces that are valid until the next one is asked for. @throws ConcurError IO_ERROR. */
  stagedPieces(id: StageId): Generator<Buffer> {
    return stagedPieces(this.options.disk, this.stages.folder, id)
  }

  /** Where the result of a record may be by now, in the order in which it comes to these places. */
  whereabouts(made: Made): AsyncGenerator<Whereabout> {
    return whereabouts(this.journal, made, this.newSlices(walkPace))
  }

  get nodeId(): NodeId {
    return this.parts.node.nodeId
  }

  get clusterId(): ClusterId | null {
    return this.parts.node.clusterId
  }

  /** Returns when the id is on the disk. @throws ConcurError WRONG_CLUSTER when the store has another one. */
  setClusterId(clusterId: ClusterId): void {
    this.fence.guard(() => this.parts.node.setClusterId(clusterId))
  }

  /** Goes over to another cluster: the own journal was lost. Returns when the id is on the disk. */
  adoptClusterId(clusterId: ClusterId): void {
    this.fence.guard(() => this.parts.node.adoptClusterId(clusterId))
  }

  newStageId(): StageId {
    return randomId(this.options.random) as StageId
  }

  /** The highest epoch that this node has promised to follow. */
  get promised(): Epoch | null {
    return this.parts.node.promised
  }

  /** The highest epoch that this node has promised to follow, or has a record of; null: neither. */
  get epoch(): Epoch | null {
    const { promised } = this
    const own = this.journal.last.epoch
    return own !== null && own.number > (promised?.number ?? 0) ? own : promised
  }

  /** Returns when the promise is on the disk. @throws DiskError. */
  setPromised(epoch: Epoch): void {
    this.fence.guard(() => this.parts.node.setPromised(epoch))
  }

  /** The configured nodes as the last link told them, coordinator first; none before the first link. */
  members(): readonly NodeName[] {
    return this.parts.node.members
  }

  /** Returns when the names are on the disk. */
  setMembers(names: readonly NodeName[]): void {
    this.fence.guard(() => this.parts.node.setMembers(names))
  }

  /**
   * What the disk holds at `path`. A promise only when a large file has to be read; `onProgress` is called at once
   * then, and as bytes are read. `deep` reads every byte, whatever is known.
   */
  look(path: FilePath, how: { deep: boolean; onProgress?: OnProgress }): Copy | Promise<Copy> {
    return this.digests.look(path, how)
  }

  /** @returns the whole content, or null when it is longer than `bytesMax`, not `digest`, or cannot be read. */
  readSmall(path: FilePath, digest: Digest, bytesMax: number): SmallBody | null {
    return this.bodies.readSmall(path, digest, bytesMax)
  }

  /**
   * Opens the content `digest`; the caller closes it.
   * @throws ConcurError NOT_FOUND, CHANGED when the file is not that content any more, IO_ERROR.
   */
  openBody(path: FilePath, digest: Digest): Promise<OpenBody> {
    return this.bodies.open(path, digest)
  }

  /**
   * Opens the whole result of a record that puts, appends or renames a file, or the list of one that deletes a folder,
   * wherever this node has it now; the caller closes it. What is read from a file may have changed by then: whoever
   * receives it checks each block. What is on its way here is waited for.
   * @throws ConcurError NOT_FOUND: nothing here has these bytes; CHANGED, IO_ERROR.
   */
  openContent(entry: JournalEntry): Promise<OpenBody> {
    return this.contents.open(entry)
  }

  /**
   * Begins to gather what the record makes, and this node lacks, as the stage that its `seal` returns: with what came
   * before, and with what files here have in common with it. The caller ends it. `isWanted` is asked now and then.
   * @throws ConcurError UNREACHABLE when it is not wanted any more; DiskError, ENOSPC where there is no room for it.
   */
  gather(entry: JournalEntry, announced: Announced, isWanted: () => boolean): Promise<Gathering> {
    return this.gatherer.gather(entry, announced, isWanted)
  }

  /**
   * What lies in `folder`, in the UTF-8 byte order of whole paths, in batches; of what is no folder, its one entry.
   * Links, FIFOs, sockets, devices and mounts are `other`; so are names that no path can be, escaped.
   * @throws ConcurError NOT_FOUND, or IO_ERROR for a folder that cannot be read.
   */
  walk(folder: FolderPath, recursive: boolean, pace = walkPace): AsyncGenerator<Entry[]> {
    return this.walkWith({ folder, recursive, slices: this.newSlices(pace), buckets: null })
  }

  /** As `walk` of all that is below, of what falls into these buckets alone. */
  walkBuckets(folder: FolderPath, buckets: ReadonlySet<number>): AsyncGenerator<Entry[]> {
    return this.walkWith({ folder, recursive: true, slices: this.newSlices(walkPace), buckets })
  }

  /**
   * The sums of what lies in `folder` and below it, or of the one file. Of many that are asked for, two are made at a time.
   * @throws ConcurError as `walk`; UNREACHABLE when nobody wants them any more.
   */
  sum(folder: FolderPath, options: SumOptions): Promise<TreeSum> {
    const slices = this.newSlices(walkPace)
    const sources: SumSources = {
      entries: () => this.walkWith({ folder, recursive: true, slices, buckets: null }),
      entriesSlowly: () => this.walk(folder, true, countPace),
      look: (path, how) => this.look(path, how),
      slices,
    }
    return this.sums.run(() => sumTree(sources, options))
  }

  private walkWith(what: Pick<WalkOptions, 'folder' | 'recursive' | 'slices' | 'buckets'>) {
    const digestOf: WalkOptions['digestOf'] = (path, stat) => this.digests.trustedDigest(path, stat)
    return walk({ ...what, tree: this.parts.tree, digestOf })
  }

  private newSlices(pace: Pace): Slices {
    const { clock, timers } = this.options
    return new Slices({ clock, timers, pace })
  }

  /** Where the root lies: the number of its kind of file system, and the disk by its number until the system starts anew. */
  place(): { fileSystem: number; device: number; bootId: string } {
    const { own, tree } = this.parts
    const stat = newStat()
    tree.disk.stat(own.fd, stat)
    const { bootId } = this.options
    return { fileSystem: tree.disk.fileSystem(own.fd), device: stat.device, bootId }
  }

  /** When every byte of every copy was last compared, milliseconds since 1970; null: never, as far as known. */
  get deepVerifiedMs(): number | null {
    return readDeepVerified(this.options.disk, this.parts.own.fd)
  }

  noteDeepVerified(ms: number): void {
    writeDeepVerified(this.options.disk, this.parts.own.fd, ms)
  }

  /** @returns null when the file system does not say. */
  diskFreeBytes(): number | null {
    try {
      return this.parts.tree.freeBytes()
    } catch {
      return null
    }
  }

  /**
   * Settles what is committed, ends what is being read, puts everything on the disk, and gives the root free.
   * Open bodies stay open.
   */
  close(): Promise<void> {
    this.closing ??= this.closeOnce()
    return this.closing
  }

  private async closeOnce(): Promise<void> {
    await this.changes.close()
    this.parts.tree.close()
    await this.options.hasher.close()
    await this.digests.drained()
    await this.parts.index.close()
    closeParts(this.parts)
  }
}

function copyAt(copy: Copy, state: PathState | null): CopyAt {
  const journaled = state?.is === 'file' ? state.digest : null
  return { copy, pathSeq: state?.seq ?? 0, made: state?.is ?? 'absent', journaled }
}
