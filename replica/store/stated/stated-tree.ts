/**
 * States what this node's journal made of paths, to a node whose position the journal does not go back to. Paths change
 * meanwhile: those are stated again at the end, in one moment, and that moment is the position.
 */

import { ConcurError } from '../../../protocol/errors.ts'
import { type FilePath, wholeTree } from '../../../protocol/path.ts'
import type { StatedPosition, StatedRow } from '../../../protocol/state-messages.ts'
import { StateSumming } from '../../../protocol/state-sum.ts'
import { bucketOf, type TreeSum } from '../../../protocol/tree-sum.ts'
import { newStat } from '../disk.ts'
import { wholeMs } from '../identity.ts'
import type { Journal } from '../journal/journal.ts'
import type { PathIndex, PathState } from '../path-index.ts'
import type { Settler } from '../settler.ts'
import type { Slices } from '../slices.ts'
import type { Tree } from '../tree.ts'

/** Of the longest paths that fit into a frame. */
const rowsMax = 50

export interface StatedTreeOptions {
  readonly paths: PathIndex
  readonly tree: Tree
  readonly journal: Pick<Journal, 'at' | 'begin'>
  readonly settler: Pick<Settler, 'between' | 'settledSeq' | 'isStated'>
  readonly slices: Slices
  readonly nowMs: () => number
}

/** @returns the sums of an index, and nothing in those buckets in which it has no row. */
export async function sumPaths(paths: PathIndex, slices: Slices): Promise<TreeSum> {
  const summing = new StateSumming()
  for await (const piece of paths.below(wholeTree)) {
    for (const [path, state] of piece) summing.add(path, state)
    if (slices.isUsedUp) await slices.next()
  }
  return summing.finish()
}

export class StatedTree {
  private readonly options: StatedTreeOptions
  private readonly touched = new Set<FilePath>()
  private readonly stopListening: () => void

  /** From now on it is noted what changes; the caller ends that. */
  constructor(options: StatedTreeOptions) {
    this.options = options
    this.stopListening = options.paths.listen(path => this.touched.add(path))
  }

  end(): void {
    this.stopListening()
  }

  sum(): Promise<TreeSum> {
    return sumPaths(this.options.paths, this.options.slices)
  }

  /** The rows of these buckets, some at a time. */
  async *rows(buckets: ReadonlySet<number>): AsyncGenerator<readonly StatedRow[]> {
    const { paths, slices } = this.options
    for await (const piece of paths.below(wholeTree)) {
      const meant = piece.filter(([path]) => buckets.has(bucketOf(path)))
      for (let at = 0; at < meant.length; at += rowsMax)
        yield meant.slice(at, at + rowsMax).map(([path, state]) => this.rowOf(path, state))
      if (slices.isUsedUp) await slices.next()
    }
  }

  /**
   * What changed since the beginning, and when all that was stated is so.
   * @throws ConcurError UNREACHABLE while this node's own index is not what its journal begins with.
   */
  finish(): Promise<{ rows: readonly (readonly StatedRow[])[]; position: StatedPosition }> {
    const { settler, paths } = this.options
    return settler.between(() => {
      if (settler.isStated) throw new ConcurError('UNREACHABLE', 'it is being told itself what paths are')
      this.end()
      const rows = [...this.touched].flatMap(path => {
        const state = paths.get(path)
        return state === null ? [] : [this.rowOf(path, state)]
      })
      const pages: StatedRow[][] = []
      for (let at = 0; at < rows.length; at += rowsMax) pages.push(rows.slice(at, at + rowsMax))
      return { rows: pages, position: this.positionAt(settler.settledSeq) }
    })
  }

  private positionAt(seq: number): StatedPosition {
    const { journal } = this.options
    const entry = journal.at(seq)
    if (entry !== null) return { seq, hash: entry.hash, epoch: entry.record.epoch }
    const { hash, epoch } = journal.begin
    return { seq: journal.begin.seq, hash, epoch }
  }

  private rowOf(path: FilePath, state: PathState): StatedRow {
    if (state.is !== 'file') return { path, seq: state.seq, state: { is: state.is } }
    const { digest, size } = state
    return { path, seq: state.seq, state: { is: 'file', digest, size, ...this.attributesOf(path) } }
  }

  /** The journal does not say them of every file; the disk does, as a rule. */
  private attributesOf(path: FilePath): { executable: boolean | null; timeMs: number } {
    const { tree, nowMs } = this.options
    const stat = newStat()
    const place = tree.openPlace(path, stat)
    if (typeof place !== 'number') return { executable: null, timeMs: nowMs() }
    tree.disk.close(place)
    return { executable: stat.executable, timeMs: wholeMs(stat.mtimeNs) }
  }
}
