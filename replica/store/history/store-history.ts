/**
 * A store's history as the rest of the program has it: which contents paths had and still are here, those contents, how
 * long they stay, and what goes for good.
 */
import type { Copy } from '../../../protocol/copies.ts'
import { ConcurError } from '../../../protocol/errors.ts'
import type { ForgetRequest, ForgottenPath, HadContent } from '../../../protocol/history-messages.ts'
import type { PathPast } from '../../../protocol/notes.ts'
import type { FilePath, FolderPath } from '../../../protocol/path.ts'
import type { Clock, Timers } from '../../../protocol/world.ts'
import type { JournalReader } from '../ahead.ts'
import type { Bodies } from '../bodies.ts'
import type { Fence } from '../fence.ts'
import type { OpenBody } from '../file-body.ts'
import type { Ground } from '../install/ground.ts'
import type { PathIndex } from '../path-index.ts'
import { type Pace, Slices } from '../slices.ts'
import { diskRefusal } from '../trouble.ts'
import { hadBelow } from './had-below.ts'
import type { HistoryKeep, HistoryKeeper } from './keeper.ts'
import { openKept, type WantedContent } from './kept-contents.ts'
import type { Pruned } from './pruning.ts'

const pace: Pace = { workMs: 8, restMs: 0 }

export interface StoreHistoryOptions {
  readonly keeper: HistoryKeeper
  readonly ground: Pick<Ground, 'disk' | 'hasher' | 'history'>
  readonly paths: Pick<PathIndex, 'get' | 'contents'>
  readonly journal: Pick<JournalReader, 'at'>
  readonly bodies: Pick<Bodies, 'beginning'>
  readonly fence: Pick<Fence, 'reason'>
  readonly look: (path: FilePath) => Copy | Promise<Copy>
  readonly pastOf: (path: FilePath) => PathPast
  /** Returns when all that is settled is on the disk. */
  readonly flush: () => Promise<void>
  readonly clock: Clock
  readonly timers: Timers
}

export class StoreHistory {
  private readonly options: StoreHistoryOptions

  constructor(options: StoreHistoryOptions) {
    this.options = options
  }

  /** How long everything stays; until this is said, for ever. */
  setKeep(keep: HistoryKeep): void {
    this.options.keeper.setKeep(keep)
  }

  /** `onPruned` is called after each round that did anything. */
  listen(onPruned: (pruned: Pruned & { readonly ms: number }) => void): void {
    this.options.keeper.onPruned = onPruned
  }

  /** The last record of which what it took away may go: nobody who is told records still needs it. */
  get prunableSeq(): number {
    return this.options.keeper.prunableSeq
  }

  /**
   * The contents that a path and all below it had and that are still here, all of one path at a time, in the order of
   * their keys (path-entries.ts). @throws ConcurError IO_ERROR.
   */
  async *had(folder: FolderPath): AsyncGenerator<HadContent[]> {
    const { keeper, ground } = this.options
    const { objects } = keeper
    const leftMs = (top: string, name: string): number | null => keeper.leftMs(top, name)
    const slices = new Slices({ ...this.options, pace })
    try {
      await keeper.filed()
      const { catalog } = ground.history
      yield* hadBelow({ ...this.options, catalog, objects, leftMs, slices }, folder)
    } catch (error) {
      throw diskRefusal(error)
    }
  }

  /** What goes out of history for good, or would, path by path as `had`. @throws ConcurError IO_ERROR, READ_ONLY. */
  async *forget(wanted: ForgetRequest): AsyncGenerator<ForgottenPath[]> {
    const { keeper, fence } = this.options
    const { path: folder, isDone } = wanted
    if (isDone && fence.reason !== null) throw new ConcurError('READ_ONLY', fence.reason)
    // What was just replaced may go as well.
    await this.options.flush().catch(() => {})
    try {
      const told = isDone ? keeper.pruneBelow(folder, wanted) : keeper.dueBelow(folder, wanted)
      for await (const { path, objects, bytes, filedAnew } of told)
        yield [{ path, objects, bytes, left: filedAnew }]
    } catch (error) {
      throw diskRefusal(error)
    }
  }

  /**
   * Opens a content that the path had, where it lies in history or is the beginning of what lies there, whoever made it;
   * the caller closes it. @throws ConcurError NOT_FOUND, IO_ERROR.
   */
  async open(wanted: WantedContent): Promise<OpenBody> {
    const { keeper, ground } = this.options
    const { catalog } = ground.history
    try {
      await keeper.filed()
      return await openKept({ ...this.options, catalog, objects: keeper.objects }, wanted)
    } catch (error) {
      throw diskRefusal(error)
    }
  }
}
