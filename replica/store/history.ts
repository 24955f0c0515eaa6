/**
 * Contents that were replaced, deleted or kept back: `.concur/history/<seq>/<path>`. They come here by a move and by
 * nothing else, and nothing here is ever replaced: where a name is taken, the seq gets a number behind it.
 */
import type { Digest } from '../../protocol/digest.ts'
import type { FilePath } from '../../protocol/path.ts'
import { type Disk, DiskError, type Fd, newStat, type Stat } from './disk.ts'
import { makeParent, type Place } from './folders.ts'
import type { HistoryCatalog } from './history/catalog.ts'
import type { ObjectName } from './history/object-name.ts'
import type { SeenTime } from './history/seen-time.ts'
import { identityOf, wholeMs } from './identity.ts'

/** Digits of a seq in a name, so that names sort as numbers do. */
const seqDigits = 16
const triesMax = 10_000

export function seqName(seq: number): string {
  return String(seq).padStart(seqDigits, '0')
}

/** @returns the folder below history for what the record takes, the one behind `tries` others. */
export function topOf(seq: number, tries: number): string {
  return `${seqName(seq)}${tries === 0 ? '' : `.${tries}`}`
}

/** @returns the name below history of what the record took from `path`, the one behind `tries` others. */
export function historyName(seq: number, tries: number, path: string): string {
  return `${topOf(seq, tries)}/${path}`
}

/** @returns the name below history of the list by which the record deleted a folder: no path begins like that. */
export function listName(seq: number): string {
  return `${seqName(seq)}/.concur`
}

/** What is known of a file that comes here. */
export interface Known {
  readonly digest: Digest | null
  readonly size: number
  readonly mtimeMs: number
}

export interface HistoryOptions {
  readonly disk: Disk
  /** `.concur/history`, open as long as this is used. */
  readonly folder: Fd
  readonly catalog: HistoryCatalog
  readonly seen: Pick<SeenTime, 'filing'>
}

export class History {
  readonly folder: Fd
  readonly catalog: HistoryCatalog
  private readonly options: HistoryOptions
  /** Hears of folders that were moved here with what was in them. */
  onFolder: () => void = () => {}

  constructor(options: HistoryOptions) {
    this.options = options
    this.folder = options.folder
    this.catalog = options.catalog
  }

  /** Moves a file or folder here. @returns under which name. @throws DiskError; it is where it was then. */
  take(from: Place, seq: number, path: FilePath, known: Known | null): string {
    for (let tries = 0; ; tries++) {
      const name = historyName(seq, tries, path)
      try {
        this.options.seen.filing(seq, name)
        this.move(from, name, to => this.file(to, { top: topOf(seq, tries), path }, known))
        return name
      } catch (error) {
        if (!isTaken(error) || tries === triesMax) throw error
      }
    }
  }

  /** Moves the list of a folder's delete here: nodes that were away ask for it later. Harmless when it is not there. */
  takeList(from: Place, seq: number): void {
    try {
      this.move(from, listName(seq), () => {})
    } catch (error) {
      if (!(error instanceof DiskError && (error.code === 'ENOENT' || error.code === 'EEXIST'))) throw error
    }
  }

  /** Something else lies under a name here from now on. Before that, its age begins anew. @throws DiskError. */
  replacing(seq: number, name: string): void {
    this.options.seen.filing(seq, name)
  }

  /** Notes what lies in a place here. What was written to it since it was looked at has no digest. */
  file(place: Place, name: ObjectName, known: Known | null): void {
    const stat = newStat()
    if (!isStat(this.options.disk, place, stat)) return
    if (stat.kind === 'folder') this.onFolder()
    if (stat.kind !== 'file') return
    const isKnown = known !== null && known.size === stat.size && known.mtimeMs === wholeMs(stat.mtimeNs)
    const digest = isKnown ? known.digest : null
    this.catalog.put({ ...name, digest, identity: identityOf(stat) })
  }

  private move(from: Place, name: string, onMoved: (to: Place) => void): void {
    const { disk } = this.options
    const to = makeParent(disk, this.folder, name, (folder, part) => disk.makeFolder(folder, part))
    try {
      disk.moveNew(from.folder, from.name, to.folder, to.name)
      onMoved(to)
    } finally {
      disk.close(to.folder)
    }
  }
}

/** @returns whether it could be looked at. */
function isStat(disk: Disk, { folder, name }: Place, into: Stat): boolean {
  try {
    const place = disk.openBeneath(folder, name, 'place')
    try {
      disk.stat(place, into)
      return true
    } finally {
      disk.close(place)
    }
  } catch (error) {
    if (error instanceof DiskError) return false
    throw error
  }
}

/** Something has the name, or a file stands where a folder of the name should be. */
function isTaken(error: unknown): boolean {
  return error instanceof DiskError && (error.code === 'EEXIST' || error.code === 'ENOTDIR')
}
