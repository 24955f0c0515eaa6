/**
 * What the paths were that a fork touches, before it: the records of a fork say what each of them built on, and that is
 * enough. A path that came along with a folder goes by the name that it had then. A folder that a record made by the way
 * may count as one that was there. Pure.
 */
import type { Digest } from '../../../protocol/digest.ts'
import { type FilePath, isWithin } from '../../../protocol/path.ts'
import type { Change, DeletedEntry, JournalRecord } from '../../../protocol/record.ts'
import type { PathState } from '../path-index.ts'

export type Before =
  | {
      readonly is: 'file'
      /** By the journal; null: no record had made it. */
      readonly digest: Digest | null
      /** What lay there on some disk. */
      readonly seen: readonly Digest[]
    }
  | { readonly is: 'folder' }
  | { readonly is: 'absent' }

/** A record of the fork that was not abandoned, with the list of a folder that it deletes. */
export interface ForkRecord {
  readonly record: JournalRecord
  readonly list: readonly DeletedEntry[]
}

type Rename = Extract<Change, { type: 'rename' }>

/**
 * @param fork its records, in their order.
 * @param touched what the index holds of every path whose last record is one of them.
 * @returns what each touched path was before, and each that the fork emptied.
 */
export function beforeFork(
  fork: readonly ForkRecord[],
  touched: ReadonlyMap<FilePath, PathState>,
): Map<FilePath, Before> {
  return new Looking(touched).at(fork)
}

class Looking {
  private readonly touched: ReadonlyMap<FilePath, PathState>
  private readonly before = new Map<FilePath, Before>()
  private readonly folderRenames: { readonly seq: number; readonly from: FilePath; readonly to: FilePath }[] =
    []

  constructor(touched: ReadonlyMap<FilePath, PathState>) {
    this.touched = touched
  }

  at(fork: readonly ForkRecord[]): Map<FilePath, Before> {
    for (const one of fork) this.take(one)
    for (const [path, state] of this.touched)
      if (this.cameAlong(state)) this.note(path, state.is === 'file' ? fileOf(state.digest, []) : state)
    for (const path of this.touched.keys())
      if (!this.before.has(path)) this.before.set(path, { is: 'absent' })
    return this.before
  }

  /** Whether nothing was done to it but that a folder above it was renamed. */
  private cameAlong({ is, seq }: PathState): boolean {
    return is !== 'absent' && this.folderRenames.some(rename => rename.seq === seq)
  }

  private take({ record: { seq, change }, list }: ForkRecord): void {
    switch (change.type) {
      case 'put':
      case 'append':
        return this.note(change.path, fileOf(change.base, change.seen))
      case 'mkdir':
        return this.note(change.path, { is: 'absent' })
      case 'delete':
        this.note(change.path, change.what === 'file' ? fileOf(change.base, change.seen) : { is: 'folder' })
        for (const { path, what, seen } of list)
          this.note(path, what === 'file' ? fileOf(seen[0] ?? null, seen) : { is: 'folder' })
        return
      case 'rename':
        return this.takeRename(seq, change)
      default:
        return
    }
  }

  private takeRename(seq: number, change: Rename): void {
    const { from, to, what, base, seen, baseTo, seenTo } = change
    this.note(from, what === 'file' ? fileOf(base, seen) : { is: 'folder' })
    this.note(to, what === 'file' ? fileOf(baseTo, seenTo) : { is: 'absent' })
    if (what === 'folder') this.folderRenames.push({ seq, from, to })
  }

  /** Only the first word on a path counts: what came later is the fork's own. */
  private note(path: FilePath, was: Before): void {
    const origin = this.originOf(path)
    if (origin !== null && !this.before.has(origin)) this.before.set(origin, was)
  }

  /**
   * The name that what is at the path had before folders were renamed; null: a name that became free by that, and what
   * is there now is the fork's own.
   */
  private originOf(path: FilePath): FilePath | null {
    let origin: string = path
    for (const { from, to } of this.folderRenames.toReversed()) {
      if (isWithin(origin, to)) origin = `${from}${origin.slice(to.length)}`
      else if (isWithin(origin, from)) return null
    }
    return origin as FilePath
  }
}

/** A file that neither the journal nor any disk had is none. */
function fileOf(digest: Digest | null, seen: readonly Digest[]): Before {
  return digest === null && seen.length === 0 ? { is: 'absent' } : { is: 'file', digest, seen }
}
