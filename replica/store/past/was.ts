/**
 * What paths were behind an operation, found from what came later: the first record that touched a path behind it says
 * what was there before. Records are told in their order. Pure: knows no journal and no disk.
 */
import type { Digest } from '../../../protocol/digest.ts'
import { type FilePath, foldersAbove, isWithin, movedPath } from '../../../protocol/path.ts'
import type { Change, DeletedEntry } from '../../../protocol/record.ts'
import type { PathState } from '../path-index.ts'

/** `at`: the last operation behind which it was that, as far as its name stayed. */
export type Was = { readonly at: number } & (
  | { readonly is: 'file'; readonly digest: Digest; readonly size: number | null }
  | { readonly is: 'folder' }
  | { readonly is: 'absent' }
)

type Before =
  | { readonly is: 'file'; readonly digest: Digest; readonly size: number | null }
  | { readonly is: 'folder' | 'absent' }

const absent = { is: 'absent' } as const

export class WasOf {
  private readonly at: number
  /** The name that each path has by now → the path. */
  private readonly names = new Map<FilePath, FilePath>()
  private readonly found = new Map<FilePath, Was>()
  /** Folders in which something was made meanwhile, and that may have been made with it. */
  private readonly madeIn = new Set<FilePath>()

  constructor(options: { at: number; paths: Iterable<FilePath> }) {
    this.at = options.at
    for (const path of options.paths) this.names.set(path, path)
  }

  /** Whether every path is known. */
  get isComplete(): boolean {
    return this.names.size === 0
  }

  /** Whether a path that is not known yet lies in this folder by now. */
  hasIn(folder: FilePath): boolean {
    return this.namesIn(folder).length > 0
  }

  /** `list`: of a folder that was deleted with what was in it. */
  take(seq: number, change: Change, list: readonly DeletedEntry[]): void {
    this.noteMade(change)
    switch (change.type) {
      case 'put':
        return this.settle(seq, change.path, before(change.base, change.seen))
      case 'append':
        return this.settle(seq, change.path, before(change.base, change.seen, change.offset))
      case 'mkdir':
        return this.settle(seq, change.path, absent)
      case 'delete':
        return change.what === 'file'
          ? this.settle(seq, change.path, before(change.base, change.seen))
          : this.takeFolder(seq, change.path, list)
      case 'rename':
        return this.takeRename(seq, change)
      default:
        return
    }
  }

  /** @returns what each path was. What no record touched is as it is now, or was made as a folder of something. */
  finish(stateOf: (path: FilePath) => PathState | null): Map<FilePath, Was> {
    const went = [...this.madeIn].filter(folder => this.found.has(folder))
    for (const [name, path] of this.names) {
      const state = stateOf(name)
      const isAsItWas = state !== null && (state.seq <= this.at || name !== path)
      if (state?.is === 'file' && state.digest !== null)
        this.found.set(path, { is: 'file', digest: state.digest, size: state.size, at: this.at })
      else if (state?.is === 'folder' && isAsItWas) this.found.set(path, { is: 'folder', at: this.at })
      else if (state?.is !== 'file') this.found.set(path, { is: 'absent', at: this.at })
    }
    this.names.clear()
    this.settleMade(went)
    return this.found
  }

  /** A folder that went later, and may have been made meanwhile, was there if something else in it was. */
  private settleMade(went: readonly FilePath[]): void {
    const holding = new Set<string>()
    for (const [path, { is }] of this.found)
      if (is !== 'absent' && !this.madeIn.has(path))
        for (const folder of foldersAbove(path)) holding.add(folder)
    for (const folder of went) {
      const { is, at } = this.found.get(folder)!
      if (is === 'folder' && !holding.has(folder)) this.found.set(folder, { is: 'absent', at })
    }
  }

  /** What is made anew makes the folders above it, where they are missing: no record says whether they were. */
  private noteMade(change: Change): void {
    const made = madeAnew(change)
    if (made === null) return
    for (const name of foldersAbove(made)) {
      const folder = this.names.get(name)
      if (folder !== undefined) this.madeIn.add(folder)
    }
  }

  private takeFolder(seq: number, folder: FilePath, list: readonly DeletedEntry[]): void {
    this.settle(seq, folder, { is: 'folder' })
    for (const { path, what, seen } of list)
      this.settle(seq, path, what === 'folder' ? { is: 'folder' } : before(null, seen))
    for (const name of this.namesIn(folder)) this.settle(seq, name, absent)
  }

  private takeRename(seq: number, change: Extract<Change, { type: 'rename' }>): void {
    const { from, to, what, base, seen, replaces, baseTo, seenTo } = change
    this.settle(seq, to, replaces ? before(baseTo, seenTo) : absent)
    if (what === 'file') return this.settle(seq, from, before(base, seen))
    for (const name of this.namesIn(to)) this.settle(seq, name, absent)
    this.settle(seq, from, { is: 'folder' })
    for (const name of this.namesIn(from)) {
      const path = this.names.get(name)!
      this.names.delete(name)
      const moved = movedPath(name, from, to)
      if (moved !== null) this.names.set(moved, path)
    }
  }

  private namesIn(folder: FilePath): FilePath[] {
    return [...this.names.keys()].filter(name => isWithin(name, folder))
  }

  private settle(seq: number, name: FilePath, was: Before): void {
    const path = this.names.get(name)
    if (path === undefined) return
    this.names.delete(name)
    const at = name === path ? seq - 1 : this.at
    this.found.set(path, was.is === 'file' ? { ...was, at } : { is: was.is, at })
  }
}

/** @returns the path at which a change makes something where nothing was. */
function madeAnew(change: Change): FilePath | null {
  if (change.type === 'mkdir') return change.path
  if (change.type === 'rename') return change.replaces ? null : change.to
  return change.type === 'put' && change.seen.length === 0 ? change.path : null
}

/** @returns what a person saw there: where the copies differed, the journal's, else the first node's. */
function before(base: Digest | null, seen: readonly Digest[], size: number | null = null): Before {
  const [first] = seen
  if (first === undefined) return absent
  return { is: 'file', digest: base !== null && seen.includes(base) ? base : first, size }
}
