/**
 * One scan: every thing in the tree, then every path that the journal made. The first finds what is there again and how
 * much there is, the second what is missing or is otherwise. Reads nothing that is longer than a glance.
 */
import { type FilePath, wholeTree } from '../../../protocol/path.ts'
import type { Stat } from '../disk.ts'
import type { PathIndex } from '../path-index.ts'
import type { Slices } from '../slices.ts'
import type { Tree } from '../tree.ts'
import { type Closed, isClosed, type Whom } from './closed.ts'
import { type Visitor, visitEveryThing } from './every-thing.ts'
import type { Tally } from './guard.ts'
import type { Looked } from './path-look.ts'
import type { Watcher } from './watcher.ts'

/** Files that are named of those that are missing. */
const missingMax = 2

export interface ScanOptions {
  readonly tree: Tree
  readonly paths: PathIndex
  readonly watcher: Watcher | null
  readonly whom: Whom
  readonly slices: Slices
  /** Looks at a path, and remembers what was found there. */
  readonly look: (path: FilePath) => Looked
  /** Whether to stop. */
  readonly isOver: () => boolean
}

export interface Scanned {
  readonly files: number
  readonly bytes: number
  /** Folders that could not be read: what they hold is in none of the counts. */
  readonly unreadFolders: number
  readonly closed: Closed
  readonly tally: Tally
  /** Some files that the journal made and that were not there. */
  readonly missing: readonly FilePath[]
}

/** @returns null when it was stopped. @throws ConcurError IO_ERROR: the index cannot be read through. */
export async function scan(options: ScanOptions): Promise<Scanned | null> {
  const { tree, watcher, slices, isOver } = options
  const visit = new Visit(options)
  watcher?.beginRound()
  const unreadFolders = await visitEveryThing(tree, wholeTree, slices, visit)
  if (isOver()) return null
  watcher?.endRound()
  const journaled = await tallyOf(options)
  return journaled === null ? null : { ...visit.found(), unreadFolders, ...journaled }
}

class Visit implements Visitor {
  private files = 0
  private bytes = 0
  private closed = 0
  private closedFirst: FilePath | null = null
  private readonly options: ScanOptions

  constructor(options: ScanOptions) {
    this.options = options
  }

  get isOver(): boolean {
    return this.options.isOver()
  }

  found(): Pick<Scanned, 'files' | 'bytes' | 'closed'> {
    const { files, bytes, closed, closedFirst } = this
    return { files, bytes, closed: { count: closed, first: closedFirst } }
  }

  onFolder(folder: Parameters<Visitor['onFolder']>[0], path: Parameters<Visitor['onFolder']>[1]): void {
    this.options.watcher?.watch(folder, path)
  }

  onThing(path: FilePath, stat: Stat): void {
    if (stat.kind === 'file' && !stat.isMount) {
      this.files++
      this.bytes += stat.size
    }
    if (isClosed(stat, this.options.whom)) {
      this.closed++
      this.closedFirst ??= path
    }
    if (this.options.paths.get(path)?.is === 'absent') this.options.look(path)
  }

  onNoPath(): void {}
}

/** What is absent by the journal was met in the tree, where it is there. */
async function tallyOf({
  paths,
  slices,
  look,
  isOver,
}: ScanOptions): Promise<Pick<Scanned, 'tally' | 'missing'> | null> {
  const tally = { files: 0, missing: 0, changed: 0 }
  const missing: FilePath[] = []
  for await (const piece of paths.below(wholeTree)) {
    for (const [path] of piece) {
      if (isOver()) return null
      const looked = isThere(paths, path) ? look(path) : null
      if (looked !== null && 'state' in looked && looked.state.is === 'file') count(tally, looked)
      if (looked !== null && isMissingFile(looked) && missing.length < missingMax) missing.push(path)
      if (slices.isUsedUp) await slices.next()
    }
  }
  return isOver() ? null : { tally, missing }
}

/** Whether a file that the journal made is not there. */
export function isMissingFile(looked: Looked): boolean {
  return looked.is === 'deviating' && looked.deviation === 'missing' && looked.state.is === 'file'
}

function isThere(paths: Pick<PathIndex, 'get'>, path: FilePath): boolean {
  const state = paths.get(path)
  return state !== null && state.is !== 'absent'
}

function count(tally: { files: number; missing: number; changed: number }, looked: Looked): void {
  tally.files++
  if (looked.is !== 'deviating') return
  if (looked.deviation === 'missing') tally.missing++
  else tally.changed++
}
