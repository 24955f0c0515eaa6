/**
 * A walk through the tree in the UTF-8 byte order of whole paths. What a folder holds sorts as if the folder's name
 * ended in `/`, so `a`, `a.txt`, `a/b` is the order: between a folder and its contents stand the names that begin
 * with its name and go on with a byte below `/`.
 *
 * A folder that vanishes while the tree is walked is left out. One that cannot be read ends the walk: a listing
 * that silently lacks files would show them as missing. What has a name that no path can have is listed under that name
 * escaped, and is neither looked at nor entered.
 */
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { FolderBuckets } from '../../protocol/folder-buckets.ts'
import { escapedPath } from '../../protocol/listed-path.ts'
import type { Entry } from '../../protocol/messages.ts'
import { childPath, type FilePath, type FolderPath, wholeTree } from '../../protocol/path.ts'
import { bucketOfListed } from '../../protocol/tree-sum.ts'
import { DiskError, type Fd, newStat, type Stat, type WantsName } from './disk.ts'
import { wholeMs } from './identity.ts'
import { escapedNameOf, type ListedName, listedName, pathName } from './listed-name.ts'
import type { Slices } from './slices.ts'
import { sortedNames } from './sorted-names.ts'
import { behindLink, sentenceOf, type Tree } from './tree.ts'

const entriesPerBatchMax = 500

export interface WalkOptions {
  readonly tree: Tree
  readonly folder: FolderPath
  readonly recursive: boolean
  readonly slices: Slices
  /** Only entries that fall into these; null: all. */
  readonly buckets: ReadonlySet<number> | null
  /** What is known of a file without reading it. */
  readonly digestOf: (path: FilePath, stat: Stat) => Digest | null
}

/** One folder on the way down. */
interface Level {
  readonly path: FolderPath
  readonly names: readonly ListedName[]
  next: number
  /** Folders whose contents are still to come; the last one comes first. */
  readonly foldersAhead: ListedName[]
  /** Open while its names are looked at, not while what is below it is walked. */
  fd: Fd | null
}

/** @throws ConcurError NOT_FOUND when `folder` is missing, NOT_A_FILE when it lies behind a link, IO_ERROR for a folder that cannot be read. */
export async function* walk(options: WalkOptions): AsyncGenerator<Entry[]> {
  const alone = singleEntry(options)
  if (alone === null) yield* new Walk(options).batches()
  else if (isWanted(options, alone)) yield [alone]
}

/** @returns the entry of what is no folder; null for a folder. */
function singleEntry({ tree, folder, digestOf }: WalkOptions): Entry | null {
  if (folder === wholeTree) return null
  const stat = newStat()
  const place = tree.openPlace(folder as FilePath, stat)
  if (typeof place === 'number') {
    tree.disk.close(place)
    return entryOf(folder as FilePath, stat, digestOf)
  }
  if (place.is === 'folder') return null
  if (place === behindLink) throw new ConcurError('NOT_A_FILE', 'a link is on the way')
  if (place.is === 'other') return otherEntry(folder as FilePath, 0)
  if (place.is === 'absent') throw new ConcurError('NOT_FOUND', `${folder} is not there`)
  throw new ConcurError('IO_ERROR', `${folder}: ${place.reason}`)
}

class Walk {
  private readonly options: WalkOptions
  private readonly levels: Level[] = []
  private readonly stat = newStat()
  private batch: Entry[] = []

  constructor(options: WalkOptions) {
    this.options = options
  }

  async *batches(): AsyncGenerator<Entry[]> {
    const { folder, slices } = this.options
    try {
      await this.enter(folder)
      while (this.levels.length > 0) {
        const folderAhead = this.step(this.levels.at(-1)!)
        if (folderAhead !== null) await this.enter(folderAhead)
        const isDue = slices.isUsedUp
        if (this.batch.length >= entriesPerBatchMax || (isDue && this.batch.length > 0))
          yield this.takeBatch()
        if (isDue) await slices.next()
      }
      if (this.batch.length > 0) yield this.takeBatch()
    } finally {
      for (const level of this.levels) this.closeFolder(level)
    }
  }

  private takeBatch(): Entry[] {
    const batch = this.batch
    this.batch = []
    return batch
  }

  /** Does what comes next in this folder: looks at one name, or is done. @returns the folder to enter, or null. */
  private step(level: Level): FilePath | null {
    const name = level.names[level.next]
    const ahead = level.foldersAhead.at(-1)
    if (ahead !== undefined && (name === undefined || `${ahead}/` < name)) {
      level.foldersAhead.pop()
      this.closeFolder(level)
      return childPath(level.path, pathName(ahead)!)
    }
    if (name !== undefined) {
      level.next++
      this.lookAt(level, name)
    } else {
      this.closeFolder(level)
      this.levels.pop()
    }
    return null
  }

  private async enter(path: FolderPath): Promise<void> {
    const { tree, slices, folder } = this.options
    let fd: Fd
    try {
      fd = tree.openFolder(path)
    } catch (error) {
      if (path !== folder && isGone(error)) return
      throw this.failure(path, error)
    }
    try {
      const listed = (name: string) => listedName(path, name)
      const names = await sortedNames(tree.disk, fd, slices, listed, this.wantsIn(path))
      this.levels.push({ path, names, next: 0, foldersAhead: [], fd: null })
    } catch (error) {
      throw this.failure(path, error)
    } finally {
      tree.disk.close(fd)
    }
  }

  /** Where only some buckets are wanted, most names are passed over unseen; folders have to be walked all the same. */
  private wantsIn(path: FolderPath): WantsName | undefined {
    const { buckets } = this.options
    if (buckets === null) return undefined
    const folder = new FolderBuckets(path)
    return (bytes, begin, end, mayBeFolder) => mayBeFolder || buckets.has(folder.bucketOf(bytes, begin, end))
  }

  private lookAt(level: Level, listed: ListedName): void {
    const { tree, recursive, digestOf } = this.options
    const { stat } = this
    const name = pathName(listed)
    if (name === null) return this.put(escapedEntry(level.path, listed))
    const path = childPath(level.path, name)!
    try {
      level.fd ??= tree.openFolder(level.path)
      tree.disk.statChild(level.fd, name, stat)
    } catch (error) {
      if (isGone(error)) return
      throw this.failure(level.path, error)
    }
    const entry = entryOf(path, stat, digestOf)
    this.put(entry)
    if (recursive && entry.type === 'folder') level.foldersAhead.push(listed)
  }

  private put(entry: Entry): void {
    if (isWanted(this.options, entry)) this.batch.push(entry)
  }

  private closeFolder(level: Level): void {
    if (level.fd !== null) this.options.tree.disk.close(level.fd)
    level.fd = null
  }

  private failure(path: FolderPath, error: unknown): unknown {
    if (!(error instanceof DiskError)) return error
    const name = path === wholeTree ? 'the whole tree' : path
    if (isGone(error)) return new ConcurError('NOT_FOUND', `${name} is not there`, { cause: error })
    return new ConcurError('IO_ERROR', `${name}: ${sentenceOf(error)}`, { cause: error })
  }
}

/** Whether a folder that was there is not there now, or is something else. */
function isGone(error: unknown): boolean {
  return error instanceof DiskError && ['ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV'].includes(error.code)
}

function isWanted({ buckets }: WalkOptions, entry: Entry): boolean {
  return buckets === null || buckets.has(bucketOfListed(entry))
}

function entryOf(path: FilePath, stat: Stat, digestOf: WalkOptions['digestOf']): Entry {
  const mtimeMs = wholeMs(stat.mtimeNs)
  if (stat.kind === 'folder' && !stat.isMount)
    return { escaped: false, path, type: 'folder', size: 0, mtimeMs, digest: null }
  if (stat.kind !== 'file' || stat.isMount) return otherEntry(path, mtimeMs)
  return { escaped: false, path, type: 'file', size: stat.size, mtimeMs, digest: digestOf(path, stat) }
}

function otherEntry(path: FilePath, mtimeMs: number): Entry {
  return { escaped: false, path, type: 'other', size: 0, mtimeMs, digest: null }
}

function escapedEntry(folder: FolderPath, listed: ListedName): Entry {
  const path = escapedPath(folder, escapedNameOf(listed))
  return { escaped: true, path, type: 'other', size: 0, mtimeMs: 0, digest: null }
}
