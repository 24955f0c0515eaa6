/**
 * Now and then everything that is settled is flushed at once, and only then the index says so. Until then the journal
 * and the stages have the bytes. A flush that fails fences the store.
 */
import { ConcurError } from '../../protocol/errors.ts'
import type { Cancel, Clock, Timers } from '../../protocol/world.ts'
import type { JournalReader } from './ahead.ts'
import type { AuditLog } from './audit-log.ts'
import { type Disk, DiskError, type Fd } from './disk.ts'
import type { Fence } from './fence.ts'
import type { PathIndex } from './path-index.ts'
import type { Reserve } from './reserve.ts'
import type { Settler } from './settler.ts'
import { Slices } from './slices.ts'
import type { Stages } from './staging.ts'
import { noSpace } from './trouble.ts'

const everyMs = 500
const retryAfterMs = 1000

export interface CheckpointOptions {
  readonly disk: Disk
  readonly folder: Fd
  readonly settler: Settler
  readonly paths: PathIndex
  readonly stages: Stages
  readonly log: AuditLog
  readonly journal: JournalReader
  readonly reserve: Reserve
  readonly fence: Fence
  /** Whether the position in the index is on the disk. */
  readonly isFlushed: boolean
  readonly clock: Clock
  readonly timers: Timers
  /** Called after each. */
  readonly onFlushed: () => void
  /** Hears of a failure; of further ones in a row not. */
  readonly onFault: (error: unknown) => void
}

export class Checkpoints {
  /** The last record that is flushed with all before it. */
  flushedSeq: number
  private readonly options: CheckpointOptions
  private underWay: Promise<void> | null = null
  private cancel: Cancel | null = null
  private hasFailed = false

  constructor(options: CheckpointOptions) {
    this.options = options
    this.flushedSeq = options.isFlushed ? (options.paths.settledSeq ?? 0) : 0
    options.settler.listen({ onSettled: () => this.schedule() })
  }

  /** Flushes what is settled by now. @throws ConcurError IO_ERROR, NO_SPACE: the store is fenced, or the index refuses. */
  async flush(): Promise<void> {
    while (this.underWay !== null) await this.underWay.catch(() => {})
    this.underWay = this.flushOnce().finally(() => {
      this.underWay = null
    })
    return this.underWay
  }

  /** What came behind the record `seq` was taken back, and what is left is flushed. */
  resumeFrom(seq: number): void {
    this.flushedSeq = seq
    this.schedule()
  }

  /** Returns when none is under way. */
  async ended(): Promise<void> {
    while (this.underWay !== null) await this.underWay.catch(() => {})
  }

  /** None begins by itself any more. */
  stop(): void {
    this.cancel?.()
    this.cancel = () => {}
  }

  /** The next one begins by itself. */
  schedule(afterMs = everyMs): void {
    this.cancel ??= this.options.timers.after(afterMs, () => {
      this.cancel = null
      if (this.options.fence.isStopped) return
      this.flush().then(
        () => {
          this.hasFailed = false
        },
        error => this.onFailed(error),
      )
    })
  }

  /** Of several failures in a row the first is told. While the store is fenced another try would tell nothing new. */
  private onFailed(error: unknown): void {
    if (!this.hasFailed) this.options.onFault(error)
    this.hasFailed = true
    if (!this.options.fence.isFenced) this.schedule(retryAfterMs)
  }

  private async flushOnce(): Promise<void> {
    const { settler, paths, fence, reserve } = this.options
    if (fence.isFenced) throw new ConcurError('IO_ERROR', `the store is fenced: ${fence.reason}`)
    const seq = settler.settledSeq
    const isLogged = await this.isLogged(seq)
    if (paths.settledSeq !== seq || this.flushedSeq !== seq) {
      await this.flushTree()
      paths.setSettled(seq)
      await this.flushIndex()
      this.flushedSeq = seq
    }
    this.removeStages(seq)
    reserve.make()
    this.options.onFlushed()
    if (!isLogged) this.schedule(retryAfterMs)
  }

  /** On a full disk with the room that was kept. */
  private async flushIndex(): Promise<void> {
    const { paths, reserve } = this.options
    try {
      await paths.flush()
    } catch (error) {
      if (!noSpace(error) || !reserve.release()) throw error
      await paths.flush()
    }
  }

  /** Writes the log. @returns whether no line is missing in it: a full disk holds up nothing else. */
  private async isLogged(seq: number): Promise<boolean> {
    const { log, journal, clock, timers } = this.options
    if (log.flush()) return true
    await log.mend(journal, seq, new Slices({ clock, timers, pace: { workMs: 8, restMs: 0 } }))
    return log.flush()
  }

  private async flushTree(): Promise<void> {
    const { disk, folder, fence } = this.options
    try {
      await disk.flushAllSoon(folder)
    } catch (cause) {
      if (!(cause instanceof DiskError)) throw cause
      fence.set(`a flush of the file system failed (${cause.code})`)
      throw new ConcurError('IO_ERROR', 'what was installed may not be on the disk', { cause })
    }
  }

  private removeStages(seq: number): void {
    const { settler, stages } = this.options
    for (const used of settler.usedStages.splice(0)) {
      if (used.seq <= seq) stages.remove(used.stage)
      else settler.usedStages.push(used)
    }
  }
}
