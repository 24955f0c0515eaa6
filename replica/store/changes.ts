/**
 * The part of a store that changes the tree: the journal, what is staged, and everything by which a committed record
 * becomes the disk's content. Each is opened after the one before, and closed in the other order.
 */

import type { Outcome } from '../../protocol/change-messages.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Stated, StatedPosition } from '../../protocol/state-messages.ts'
import type { Clock, Timers } from '../../protocol/world.ts'
import { AuditLog } from './audit-log.ts'
import type { BlockHasher } from './block-hasher.ts'
import { BootFile } from './boot-file.ts'
import { BootRenewal } from './boot-renewal.ts'
import { Checkpoints } from './checkpoint.ts'
import type { Digests } from './digests.ts'
import { type Disk, type Fd, isFailedFlush } from './disk.ts'
import { Fence } from './fence.ts'
import { dropFork, type FiledFork, type FilingOptions, fileFork } from './fork/filing.ts'
import { readForkMark } from './fork/fork-mark.ts'
import { Gatherings } from './gatherings.ts'
import type { HistoryCatalog } from './history/catalog.ts'
import { HistoryKeeper } from './history/keeper.ts'
import { KeptObjects } from './history/kept-objects.ts'
import { SeenTime } from './history/seen-time.ts'
import { History } from './history.ts'
import { Horizon } from './horizon.ts'
import type { ContentSource, Ground } from './install/ground.ts'
import { nothing } from './journal/group-commit.ts'
import { Journal } from './journal/journal.ts'
import type { PathIndex } from './path-index.ts'
import { Progress } from './progress.ts'
import { recover } from './recovery.ts'
import { Reserve } from './reserve.ts'
import { Room } from './room.ts'
import { Settler, type Start } from './settler.ts'
import { type Pace, Slices } from './slices.ts'
import { Stages } from './staging.ts'
import { SettleStated, tellStated } from './stated/settle-stated.ts'
import { openStatedRows, type StatedRows, sweepStated } from './stated/stated-file.ts'
import { StatedIntake } from './stated/stated-intake.ts'
import type { Tree } from './tree.ts'
import { noSpace } from './trouble.ts'

const pace: Pace = { workMs: 8, restMs: 0 }
/** What a start may take of the disk. */
const startBytes = 512 * 1024

const nobody: ContentSource = {
  obtain: () => Promise.reject(new ConcurError('UNREACHABLE', 'there is no link to another node')),
}
/** At the start only this node is asked. */
const onlyHere: ContentSource = {
  obtain: async () => ({ is: 'lost', reason: 'it is not on this node any more' }),
}

export interface ChangesOptions {
  readonly disk: Disk
  /** `.concur`, open as long as this is used. */
  readonly folder: Fd
  readonly tree: Tree
  readonly digests: Digests
  readonly hasher: BlockHasher
  readonly paths: PathIndex
  /** What is known of objects in history. */
  readonly catalog: HistoryCatalog
  readonly clock: Clock
  readonly timers: Timers
  readonly bootId: string
  readonly recheck?: boolean
  /** Why no changes are taken from the start on; null: they are. */
  readonly stopped: string | null
  readonly segmentBytes?: number
  /** Hears of what failed in the background. */
  readonly onFault: (error: unknown) => void
}

export class Changes {
  readonly journal: Journal
  readonly stages: Stages
  readonly fence: Fence
  readonly history: History
  readonly room: Room
  readonly settler: Settler
  readonly checkpoints: Checkpoints
  readonly horizon: Horizon
  readonly keeper: HistoryKeeper
  readonly ground: Ground
  /** What the start listed. */
  readonly recovered: readonly Outcome[]
  private readonly options: ChangesOptions
  private readonly parts: Parts
  private source: ContentSource = nobody
  private readonly boot: BootRenewal
  /** What was stated to this node and is not settled, or not flushed. */
  private statedRows: StatedRows | null

  /** @throws ConcurError, DiskError: everything that was opened is closed again. */
  static async open(options: ChangesOptions): Promise<Changes> {
    const closers: (() => void)[] = []
    const fence = new Fence(options)
    try {
      return await openWith(options, fence, closers)
    } catch (error) {
      // The next start would ask again for what was lost, and be told that all is well.
      if (isFailedFlush(error)) fence.set('a flush failed while the store was opened')
      for (const close of closers.toReversed()) close()
      throw error
    }
  }

  constructor(options: ChangesOptions, parts: Parts, start: Begun) {
    const { journal, stages, gatherings, fence, history, progress, reserve, room, log, exchange } = parts
    this.options = options
    this.parts = parts
    this.journal = journal
    this.stages = stages
    this.fence = fence
    this.history = history
    this.room = room
    this.recovered = start.outcomes
    const contents: ContentSource = { obtain: (entry, stated) => this.source.obtain(entry, stated) }
    this.ground = groundOf(options, { history, stages, gatherings, exchange, contents })
    this.statedRows = start.statedRows
    const { pending } = start
    const stated = pending === null ? null : this.settleStated(pending, start.tornSeq !== null)
    this.settler = new Settler({ ...options, ...parts, ground: this.ground }, { ...start, stated })
    this.settler.listen({ onSettled: seq => room.settled(seq) })
    const { settler } = this
    const { isFlushed, tornSeq } = start
    const file = new BootFile(options)
    const boot = { renew: () => fence.guard(() => file.renew()) }
    this.boot = new BootRenewal({ boot, settler, tornSeq, isFlushed })
    this.horizon = new Horizon({ ...options, ...parts })
    this.keeper = this.newKeeper()
    const onFlushed = () => {
      this.boot.flushed()
      this.sweepStated()
      this.horizon.flushed(this.checkpoints.flushedSeq)
    }
    this.checkpoints = new Checkpoints({ ...options, ...parts, settler, isFlushed, onFlushed })
    reserve.make()
    if (start.settledSeq > progress.seq) progress.set(start.settledSeq)
    if (!fence.isFenced) this.boot.begin()
    if (!log.flush() || !isFlushed) this.checkpoints.schedule()
    this.settler.commit(Math.max(start.settledSeq, journal.last.committedSeq))
  }

  /** Who is asked for contents that are not here; null: nobody any more. */
  setContentSource(source: ContentSource | null): void {
    this.source = source ?? nobody
    if (source !== null && this.settler.trouble === null) this.settler.retry()
  }

  /**
   * Takes back every record behind `commonSeq`, though they are settled: the cluster has others.
   * @throws ConcurError, DiskError: nothing is settled until it was done again.
   */
  async fileFork(commonSeq: number): Promise<FiledFork> {
    const { settler, checkpoints, options, parts } = this
    await settler.idle()
    await settler.pause()
    await checkpoints.flush()
    const filed = await fileFork(filingOf(options, parts), commonSeq)
    parts.seen.cutBehind(commonSeq)
    this.keeper.forkCame(filed.name)
    settler.resumeFrom(commonSeq)
    checkpoints.resumeFrom(commonSeq)
    return filed
  }

  /**
   * What paths are comes from another node, since its journal does not go back to where this one ends. Nothing is settled
   * until that was finished or discarded. @throws ConcurError, DiskError: everything is as it was.
   */
  async beginStated(): Promise<StatedTaking> {
    const { settler, checkpoints, options, parts, ground } = this
    await settler.pause()
    try {
      await checkpoints.flush()
      const { settledSeq } = settler
      const before = settler.isStated ? this.statedRows : null
      const intake = new StatedIntake({ ...options, ...parts, ground, settledSeq, before })
      return {
        take: stated => intake.take(stated),
        finish: position => this.finishStated(intake, position),
        discard: () => this.discardStated(intake),
      }
    } catch (error) {
      settler.resume()
      throw error
    }
  }

  private async finishStated(intake: StatedIntake, position: StatedPosition): Promise<void> {
    try {
      // A position that this node was at already would tell a start that all of it is done.
      if (position.seq <= this.settler.settledSeq)
        throw new ConcurError(
          'CHANGED',
          `what paths are at seq ${position.seq} is not behind what is settled`,
        )
      this.statedRows = await intake.finish(position)
    } catch (error) {
      this.discardStated(intake)
      throw error
    }
    sweepStated(this.options, position.seq)
    this.settler.resumeWith(this.settleStated(this.statedRows, false))
  }

  private discardStated(intake: StatedIntake): void {
    if (!intake.discard()) return
    sweepStated(this.options, this.statedRows?.position.seq ?? null)
    this.settler.resume()
  }

  private settleStated(rows: StatedRows, mayBeTorn: boolean): SettleStated {
    return new SettleStated({ ground: this.ground, paths: this.options.paths, rows, mayBeTorn })
  }

  /** What is settled and flushed is not needed any more. */
  private sweepStated(): void {
    if (this.statedRows === null || this.checkpoints.flushedSeq < this.statedRows.position.seq) return
    this.statedRows = null
    sweepStated(this.options, null)
  }

  private newKeeper(): HistoryKeeper {
    const { options, parts, ground, history, journal } = this
    const keeper = new HistoryKeeper({
      ...{ ...options, ...parts, objects: new KeptObjects(ground) },
      journalBegin: () => journal.begin.seq,
      flushedSeq: () => this.checkpoints.flushedSeq,
    })
    history.onFolder = () => keeper.somethingCame()
    return keeper
  }

  /** Settles what is committed, flushes it, and closes everything. Whoever gathers a content has given it up, or will. */
  async close(): Promise<void> {
    await this.keeper.stop()
    await this.settler.idle()
    await this.settler.stop()
    await this.ground.gatherings.idle()
    this.checkpoints.stop()
    if (this.fence.isStopped) await this.checkpoints.ended()
    else await this.checkpoints.flush().catch(this.options.onFault)
    this.keeper.end()
    await this.journal.close()
    for (const close of this.parts.closers.toReversed()) close()
  }
}

/** What is stated by another node, as far as it has come. */
export interface StatedTaking {
  /** @throws DiskError. */
  take(stated: Pick<Stated, 'rows' | 'isLater'>): void
  /** Returns when the journal begins behind the position, and all rows are on the disk. @throws ConcurError, DiskError. */
  finish(position: StatedPosition): Promise<void>
  /** Harmless when it was finished. */
  discard(): void
}

/** From where on records are settled, and what the start listed. */
interface Begun extends Omit<Start, 'stated'> {
  readonly statedRows: StatedRows | null
  /** The same, where not all of it is in the tree. */
  readonly pending: StatedRows | null
  readonly outcomes: readonly Outcome[]
  /** Whether what the start mended is on the disk. */
  readonly isFlushed: boolean
}

interface Parts {
  readonly seen: SeenTime
  /** Whether the catalog had all that is in history when the store was closed last. */
  readonly isFiled: boolean
  readonly journal: Journal
  readonly stages: Stages
  readonly gatherings: Gatherings
  readonly fence: Fence
  readonly history: History
  readonly progress: Progress
  readonly reserve: Reserve
  readonly room: Room
  readonly log: AuditLog
  readonly exchange: Fd
  readonly closers: readonly (() => void)[]
}

/** `closers`: filled with how to close what was opened. */
async function openWith(options: ChangesOptions, fence: Fence, closers: (() => void)[]): Promise<Changes> {
  const { disk, folder } = options
  const kept = <T extends { close(): void }>(part: T): T => {
    closers.push(() => part.close())
    return part
  }
  if (options.stopped !== null) fence.stop(options.stopped)
  const isRechecked = options.recheck === true && fence.recheck()
  const onFlushFailed = () => fence.set('a flush failed')
  const onNoSpace = () => gatherings.giveSpace()
  const staging = openOwn(options, 'staging', closers)
  const stages = new Stages({ disk, folder: staging, onFlushFailed, onNoSpace })
  const seen = new SeenTime(options)
  const history = new History({ ...options, seen, folder: openOwn(options, 'history', closers) })
  const exchange = openOwn(options, 'exchange', closers)
  const progress = kept(new Progress({ disk, folder }))
  const reserve = kept(new Reserve({ disk, folder }))
  reserve.leave(startBytes)
  const room = new Room({ disk, folder, reserve })
  const gatherings = new Gatherings({ disk, stages, reserve })
  const log = kept(new AuditLog({ disk, folder }))
  const segment = options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }
  const journal = Journal.open({
    ...{ disk, folder, ...segment, onNoSpace },
    makeRoom: () => reserve.release(),
    onFailed: ({ message }) => fence.set(message),
  })
  const own = { stages, gatherings, history, exchange, seen }
  const isFiled = options.catalog.isComplete && progress.seq === options.paths.settledSeq
  const parts = { ...own, isFiled, journal, fence, progress, reserve, room, log, closers }
  try {
    const fork = fence.isFenced ? null : readForkMark(disk, folder)
    if (fork?.phase === 'undone') await dropFork(filingOf(options, parts), fork.commonSeq)
    const statedRows = fence.isFenced ? null : await statedIn(options, journal)
    const start = await startOf(options, parts, isRechecked, statedRows)
    if (!fence.isFenced) seen.begin(start.settledSeq)
    const changes = new Changes(options, parts, start)
    if (fork !== null) changes.keeper.somethingCame()
    if (fork?.phase === 'undoing') await changes.fileFork(fork.commonSeq)
    return changes
  } catch (error) {
    await journal.close()
    throw error
  }
}

/** A fenced store is as it was: nothing is mended. After the fence it is as after a loss of power. */
async function startOf(
  options: ChangesOptions,
  parts: Parts,
  isRechecked: boolean,
  statedRows: StatedRows | null,
): Promise<Begun> {
  const { paths, clock, timers } = options
  const { journal, progress, fence } = parts
  const settledSeq = Math.min(journal.last.seq, Math.max(progress.seq, paths.settledSeq ?? 0))
  if (fence.isFenced)
    return {
      ...{ settledSeq, leftOut: new Map(), usedStages: [], tornSeq: null, outcomes: [] },
      ...{ isFlushed: true, statedRows: null, pending: null },
    }
  const slices = new Slices({ clock, timers, pace })
  const ground = groundOf(options, { ...parts, contents: onlyHere })
  const hasRestarted = new BootFile(options).hasChanged() || isRechecked
  const isPending = statedRows !== null && progress.seq < statedRows.position.seq
  if (statedRows !== null && !isPending) await tellStated(paths, statedRows, slices)
  const start = await recover({ journal, ground, paths, progress, slices, hasRestarted, isStated: isPending })
  await parts.log.mend(journal, start.settledSeq, slices)
  const pending = isPending ? statedRows : null
  return {
    ...start,
    statedRows,
    pending,
    isFlushed: (!hasRestarted && paths.settledSeq !== null) || (await flushStart(options, start.settledSeq)),
  }
}

/**
 * @returns what was stated and is not settled. What of it was damaged is stated again: the journal has nothing then. Others
 * of these files are of no account.
 */
async function statedIn(
  { disk, folder, paths }: ChangesOptions,
  journal: Journal,
): Promise<StatedRows | null> {
  const { seq } = journal.begin
  const rows = seq > (paths.settledSeq ?? 0) ? openStatedRows({ disk, folder }, seq) : null
  if (rows === 'damaged') await journal.beginAt(nothing)
  const pending = rows === 'damaged' ? null : rows
  sweepStated({ disk, folder }, pending === null ? null : seq)
  return pending
}

/**
 * What was mended is on the disk before the store says that it knows of this start of the system. So is all that there is
 * where an index is new, or made anew: what is settled from now on is told from what came before by its position alone.
 * @returns false when there was no room to say so.
 */
async function flushStart({ disk, folder, paths }: ChangesOptions, settledSeq: number): Promise<boolean> {
  await disk.flushAllSoon(folder)
  paths.setSettled(settledSeq)
  try {
    await paths.flush()
    return true
  } catch (error) {
    if (noSpace(error)) return false
    throw error
  }
}

function openOwn({ disk, folder }: ChangesOptions, name: string, closers: (() => void)[]): Fd {
  disk.makeFolder(folder, name)
  const fd = disk.openBeneath(folder, name, 'folder')
  closers.push(() => disk.close(fd))
  return fd
}

function filingOf(options: ChangesOptions, parts: Parts): FilingOptions {
  const slices = new Slices({ ...options, pace })
  return { ...options, ...parts, ground: groundOf(options, { ...parts, contents: onlyHere }), slices }
}

function groundOf(
  { disk, tree, digests, hasher, paths }: ChangesOptions,
  rest: Pick<Ground, 'history' | 'stages' | 'gatherings' | 'exchange' | 'contents'>,
): Ground {
  const { history, stages, gatherings, exchange, contents } = rest
  return { disk, tree, digests, hasher, history, stages, gatherings, exchange, contents, paths }
}
