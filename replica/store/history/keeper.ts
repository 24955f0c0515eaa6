/**
 * Keeps history: sees time pass, files what the catalog has not, and prunes what is older than the coordinator has it kept.
 * Until that was told, nothing goes. In the background, one thing after the other, in small pieces of time.
 * Clause: ../README.md "How history ends".
 */

import { AtMost } from '../../../protocol/at-most.ts'
import type { FolderPath } from '../../../protocol/path.ts'
import type { Cancel, Clock, Timers } from '../../../protocol/world.ts'
import { DiskError } from '../disk.ts'
import type { Fence } from '../fence.ts'
import { type Pace, Slices } from '../slices.ts'
import { fileAll } from './file-all.ts'
import type { KeptObjects } from './kept-objects.ts'
import { type Due, type Pruned, type PrunedOfPath, Pruning, type PruningOptions } from './pruning.ts'
import type { SeenTime } from './seen-time.ts'

const backgroundPace: Pace = { workMs: 3, restMs: 20 }
const askedPace: Pace = { workMs: 8, restMs: 0 }
const secondMs = 1000
const minuteMs = 60 * secondMs
/** How often time is written down, and samples are taken, at the most. */
const tickMsMax = 10 * minuteMs
const spacingMsMax = 60 * minuteMs
/** After so long all is looked through, though no new sample says that more is due. */
const roundEveryMsMax = 24 * 60 * minuteMs
/** A retention is kept to within a part of it. */
const parts = 100

export interface HistoryKeep {
  /** Milliseconds for which everything stays; null: for ever. */
  readonly keepMs: number | null
  /** What later records took away may be needed by others. */
  readonly neededAfter: () => number
}

export interface KeeperOptions extends Omit<PruningOptions, 'isOver' | 'seen' | 'objects'> {
  readonly objects: KeptObjects
  readonly seen: SeenTime
  /** Whether the catalog has all that is in history. */
  readonly isFiled: boolean
  /** Up to here everything is settled and flushed. */
  readonly flushedSeq: () => number
  readonly fence: Pick<Fence, 'isFenced' | 'guard'>
  readonly clock: Clock
  readonly timers: Timers
  readonly onFault: (error: unknown) => void
}

export class HistoryKeeper {
  /** Hears of each round that did anything. */
  onPruned: (pruned: Pruned & { readonly ms: number }) => void = () => {}
  private readonly options: KeeperOptions
  private readonly pruning: Pruning
  /** Nothing is filed and pruned at the same time. */
  private readonly turns = new AtMost(1)
  private keep: HistoryKeep | null = null
  private cancel: Cancel = () => {}
  private isStopped = false
  private working: Promise<void> = Promise.resolve()
  /** How often something came that the catalog does not know. */
  private came = 0
  /** Whether the catalog may lack something that is in history. */
  private isUnfiled: boolean
  /** Of the last round. */
  private prunedUpTo = 0
  private lookedThroughAtMs = Number.NEGATIVE_INFINITY

  constructor(options: KeeperOptions) {
    this.options = options
    this.pruning = new Pruning({ ...options, isOver: () => this.isStopped })
    this.isUnfiled = !options.isFiled
    // A process that ends in the middle leaves it so: then the next one looks through everything.
    if (!options.fence.isFenced) options.catalog.setComplete(false)
    this.schedule()
  }

  /** How long everything stays; until this is said, for ever. */
  setKeep(keep: HistoryKeep): void {
    this.keep = keep
    this.schedule()
  }

  get keepMs(): number | null {
    return this.keep?.keepMs ?? null
  }

  /** The objects themselves. */
  get objects(): KeptObjects {
    return this.options.objects
  }

  /** How long an object still stays, of time in which this node runs; null: no end is set. */
  leftMs(top: string, name: string): number | null {
    const { keepMs } = this
    return keepMs === null ? null : Math.max(0, keepMs - (this.options.seen.ageOf(top, name) ?? 0))
  }

  /** Returns when the catalog has all that lies in history. @throws DiskError. */
  async filed(): Promise<void> {
    if (this.isUnfiled) await this.turns.run(() => this.fileAll(askedPace))
  }

  /** What may go of a folder and all below it. @throws DiskError. */
  async *dueBelow(folder: FolderPath, due: Due): AsyncGenerator<PrunedOfPath> {
    await this.filed()
    yield* this.pruning.dueBelow(folder, this.limited(due), this.slices(askedPace))
  }

  /** As `dueBelow`, and it goes. @throws DiskError. */
  async *pruneBelow(folder: FolderPath, due: Due): AsyncGenerator<PrunedOfPath> {
    await this.filed()
    if (this.options.fence.isFenced) return
    yield* this.pruning.pruneBelow(folder, this.limited(due), this.slices(askedPace))
  }

  /** The last record of which what it took away may go: nobody who is told records still needs it. */
  get prunableSeq(): number {
    return Math.min(this.options.flushedSeq(), this.keep?.neededAfter() ?? 0)
  }

  /** Something is in history that the catalog does not know. */
  somethingCame(): void {
    this.came++
    this.isUnfiled = true
  }

  /** A fork's folder came to history. */
  forkCame(name: string): void {
    this.options.seen.notice(name)
    this.somethingCame()
  }

  /** Ends what is under way. */
  async stop(): Promise<void> {
    this.isStopped = true
    this.cancel()
    await this.working
    await this.turns.run(async () => {})
  }

  /** The last word, when all that is settled is flushed. */
  end(): void {
    this.noteTime()
    if (!this.isUnfiled && !this.options.fence.isFenced) this.options.catalog.setComplete(true)
  }

  private limited({ olderMs, seqMax }: Due): Due {
    return { olderMs, seqMax: Math.min(seqMax, this.prunableSeq) }
  }

  private get tickMs(): number {
    return partOf(this.keepMs, tickMsMax)
  }

  private schedule(): void {
    this.cancel()
    if (this.isStopped) return
    this.cancel = this.options.timers.after(this.tickMs, () => {
      this.working = this.tick().catch(this.options.onFault)
      void this.working.then(() => this.schedule())
    })
  }

  private async tick(): Promise<void> {
    if (this.options.fence.isFenced) return
    this.noteTime()
    if (this.isUnfiled) await this.turns.run(() => this.fileAll(backgroundPace))
    await this.pruneWhatIsDue()
  }

  /** Writes down the time that was seen; what cannot be written now is seen again later. */
  private noteTime(): void {
    const { seen, flushedSeq, fence } = this.options
    if (fence.isFenced) return
    seen.sample(flushedSeq(), partOf(this.keepMs, spacingMsMax))
    try {
      fence.guard(() => seen.save())
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
  }

  private async fileAll(pace: Pace): Promise<void> {
    const { disk, history, seen } = this.options
    const walked = { disk, folder: history.folder, slices: this.slices(pace) }
    const onFork = (name: string): void => {
      if (!seen.dates.noticed.has(name)) seen.notice(name)
    }
    while (this.isUnfiled && !this.isStopped) {
      const { came } = this
      const isWhole = await fileAll({ ...this.options, walked, onFork, isOver: () => this.isStopped })
      this.isUnfiled = !isWhole || came !== this.came
    }
  }

  private async pruneWhatIsDue(): Promise<void> {
    const { seen, clock } = this.options
    const { keepMs } = this
    if (keepMs === null) return
    const dueSeq = Math.min(this.prunableSeq, seen.seqOlderThan(keepMs))
    const isFresh = seen.nowMs - this.lookedThroughAtMs < partOf(keepMs, roundEveryMsMax)
    if (dueSeq <= this.prunedUpTo && isFresh) return
    const beganMs = clock.monotonicMs()
    const due = { olderMs: keepMs, seqMax: this.prunableSeq }
    const pruned = await this.turns.run(() => this.pruning.pruneAll(due, this.slices(backgroundPace)))
    this.prunedUpTo = dueSeq
    this.lookedThroughAtMs = seen.nowMs
    if (pruned.objects + pruned.filedAnew > 0)
      this.onPruned({ ...pruned, ms: Math.round(clock.monotonicMs() - beganMs) })
  }

  private slices(pace: Pace): Slices {
    return new Slices({ ...this.options, pace })
  }
}

function partOf(keepMs: number | null, max: number): number {
  return keepMs === null ? max : Math.min(max, Math.max(secondMs, Math.floor(keepMs / parts)))
}
