/**
 * How many files a verification compared, and how many bytes, each path once: what the sums of a node count, and of the
 * buckets that were looked through what all nodes hold instead of what that node does.
 */
import type { TreeSum } from '../protocol/tree-sum.ts'
import type { Held } from './mark.ts'
import type { MergedEntry } from './merge-walks.ts'

/** A node whose sums were the same as of the others but for what is looked through. */
export interface Base {
  readonly place: number
  readonly sum: TreeSum
}

export class VerifiedCount {
  private readonly base: Base | null
  private walked = { files: 0, bytes: 0 }
  private walkedOfBase = { files: 0, bytes: 0 }

  /** `base`: null where everything is looked through. */
  constructor(base: Base | null) {
    this.base = base
  }

  add({ held }: MergedEntry): void {
    count(this.walked, held.find(isFile))
    if (this.base !== null) count(this.walkedOfBase, held[this.base.place])
  }

  /** A file that came or went between the two looks at it may count once too often, or not at all. */
  total(): { files: number; bytes: number } {
    const { base, walked, walkedOfBase } = this
    return {
      files: walked.files + Math.max(0, (base?.sum.files ?? 0) - walkedOfBase.files),
      bytes: walked.bytes + Math.max(0, (base?.sum.bytes ?? 0) - walkedOfBase.bytes),
    }
  }
}

function isFile(held: Held): boolean {
  return held !== null && held !== 'not compared' && held.type === 'file'
}

function count(counts: { files: number; bytes: number }, held: Held | undefined): void {
  if (held === undefined || held === null || held === 'not compared' || held.type !== 'file') return
  counts.files++
  counts.bytes += held.size
}
