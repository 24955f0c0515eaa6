/**
 * The watcher on Linux. A folder is watched by its open descriptor, while a walk is there anyway: no name is followed, no
 * other file system entered, nothing crawled. What the kernel lost it says itself.
 */
import { readFileSync } from 'node:fs'
import { childPath, type FilePath, type FolderPath, ownFolder, wholeTree } from '../../../protocol/path.ts'
import { DiskError, type Fd } from '../disk.ts'
import { decoded } from '../listed-name.ts'
import { Inotify, type WatchEvent } from './inotify.ts'
import { type Change, moreOf, type Watcher } from './watcher.ts'

/** Each folder costs the kernel about a kilobyte. */
const foldersMaxDefault = 65_536
const changesMaxDefault = 10_000

const settingsFolder = '/proc/sys/fs/inotify'

export interface InotifyWatcherOptions {
  /** Gives the system's calls. @throws DiskError. */
  readonly open?: () => Inotify
  /** Folders that are watched at the most. */
  readonly foldersMax?: number
  /** Changes that are told one by one. */
  readonly changesMax?: number
}

interface Watched {
  readonly path: FolderPath
  readonly round: number
}

export class InotifyWatcher implements Watcher {
  private readonly inotify: Inotify | null
  private readonly foldersMax: number
  private readonly changesMax: number
  private readonly folders = new Map<number, Watched>()
  private changes = new Map<FilePath, Change>()
  private isWhole = true
  private round = 0
  /** Folders that found no place, in this round and in the one before. */
  private refused = { now: 0, before: 0 }
  private hindrance: string | null = null

  constructor({ open = () => new Inotify(), ...limits }: InotifyWatcherOptions = {}) {
    this.foldersMax = limits.foldersMax ?? foldersMaxDefault
    this.changesMax = limits.changesMax ?? changesMaxDefault
    try {
      this.inotify = open()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.inotify = null
      this.hindrance =
        error.code === 'EMFILE'
          ? `the system gives this user no further watcher${setting('max_user_instances')}`
          : `the system gives no watcher (${error.code})`
    }
  }

  get unwatched(): string | null {
    if (this.inotify === null) return `changes are not noticed as they come: ${this.hindrance}`
    const count = Math.max(this.refused.now, this.refused.before)
    if (count === 0) return null
    return `changes in ${count === 1 ? 'a folder' : `${count} folders`} are not noticed as they come: ${this.hindrance}`
  }

  watch(folder: Fd, path: FolderPath): void {
    if (this.inotify === null) return
    try {
      const watch = this.inotify.add(folder)
      if (this.folders.has(watch) || this.folders.size < this.foldersMax)
        this.folders.set(watch, { path, round: this.round })
      else {
        this.inotify.remove(watch)
        this.refuse(`no more than ${this.foldersMax} are watched`)
      }
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.refuse(
        error.code === 'ENOSPC'
          ? `the system lets this user watch no more${setting('max_user_watches')}`
          : `the system does not watch them (${error.code})`,
      )
    }
  }

  beginRound(): void {
    this.round++
    this.refused = { now: 0, before: Math.max(this.refused.now, this.refused.before) }
  }

  endRound(): void {
    this.refused = { now: this.refused.now, before: 0 }
    for (const [watch, { round }] of this.folders) {
      if (round === this.round) continue
      this.folders.delete(watch)
      this.inotify?.remove(watch)
    }
  }

  take(): { changes: ReadonlyMap<FilePath, Change>; isWhole: boolean } {
    this.drain()
    const { changes, isWhole } = this
    this.changes = new Map()
    this.isWhole = true
    return { changes, isWhole }
  }

  close(): void {
    this.inotify?.close()
  }

  private refuse(hindrance: string): void {
    this.refused.now++
    this.hindrance = hindrance
  }

  private drain(): void {
    for (;;) {
      const events = this.inotify?.read() ?? []
      if (events.length === 0) return
      for (const event of events) this.hear(event)
    }
  }

  private hear(event: WatchEvent): void {
    if (event.what === 'events were lost') this.isWhole = false
    else if (event.what === 'watch ended') this.folders.delete(event.watch)
    else {
      const folder = this.folders.get(event.watch)?.path
      const path = folder === undefined ? null : pathOf(folder, event.name)
      if (path !== null) this.add(path, changeOf(event))
    }
  }

  private add(path: FilePath, change: Change): void {
    const before = this.changes.get(path)
    if (before === undefined && this.changes.size >= this.changesMax) this.isWhole = false
    else this.changes.set(path, before === undefined ? change : moreOf(before, change))
  }
}

/** @returns null for what is none of the tree's, or has a name that no path can have. */
function pathOf(folder: FolderPath, name: string): FilePath | null {
  if (name === '') return folder === wholeTree ? null : (folder as FilePath)
  if (folder === wholeTree && name === ownFolder) return null
  const text = decoded(name)
  return text === null ? null : childPath(folder, text)
}

function changeOf({ what, isFolder }: WatchEvent): Change {
  if (!isFolder || what === 'changed') return 'thing'
  return what === 'came' ? 'new folder' : 'lost folder'
}

/** The administrator's limit, as far as it can be read. */
function setting(name: string): string {
  try {
    return ` (fs.inotify.${name} is ${readFileSync(`${settingsFolder}/${name}`, 'utf8').trim()})`
  } catch {
    return ` (fs.inotify.${name})`
  }
}
