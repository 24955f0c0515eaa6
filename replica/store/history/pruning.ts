/**
 * Takes objects out of history for good, one by one. Each is held against what it was when it was filed: one that is
 * another by now, or that nobody has filed yet, is filed anew and stays for this round. Neither does anything go that
 * somebody may still need. Clause: ../README.md "How history ends".
 */
import type { FilePath, FolderPath } from '../../../protocol/path.ts'
import { type Disk, DiskError } from '../disk.ts'
import { openParent } from '../folders.ts'
import type { History } from '../history.ts'
import type { PathIndex } from '../path-index.ts'
import type { Slices } from '../slices.ts'
import type { FiledObject, HistoryCatalog } from './catalog.ts'
import { namesIn, walkHistory } from './history-walk.ts'
import type { KeptObjects } from './kept-objects.ts'
import { isForkTop, type ObjectName, objectName, placeOf, seqOfTop } from './object-name.ts'
import type { SeenTime } from './seen-time.ts'

/** What one round has done. */
export interface Pruned {
  readonly objects: number
  readonly bytes: number
  /** What was another than when it was filed, or not filed at all, and stays for now. */
  readonly filedAnew: number
}

/** What may go. */
export interface Due {
  /** In history for so long at the least, in time that this node has seen pass. */
  readonly olderMs: number
  /** What later records took away may be needed by a node that is behind. */
  readonly seqMax: number
}

export interface PruningOptions {
  readonly disk: Disk
  readonly history: Pick<History, 'folder'>
  readonly catalog: HistoryCatalog
  readonly objects: Pick<KeptObjects, 'standing' | 'fileAnew'>
  readonly seen: Pick<SeenTime, 'ageOf' | 'forget' | 'notice' | 'dates' | 'seqOlderThan'>
  readonly paths: Pick<PathIndex, 'get'>
  /** The record behind which the journal begins. */
  readonly journalBegin: () => number
  readonly isOver: () => boolean
}

export interface PrunedOfPath extends Pruned {
  readonly path: FilePath
}

export class Pruning {
  private readonly options: PruningOptions

  constructor(options: PruningOptions) {
    this.options = options
  }

  /** All that is due, the oldest first. @throws DiskError. */
  async pruneAll(due: Due, slices: Slices): Promise<Pruned> {
    const { disk, history, seen, isOver } = this.options
    const round = new Round(this.options, due)
    const walked = { disk, folder: history.folder, slices }
    const seqMax = Math.min(due.seqMax, seen.seqOlderThan(due.olderMs))
    for (const top of await namesIn(walked, '.')) {
      if (isForkTop(top) && !seen.dates.noticed.has(top)) seen.notice(top)
      const seq = seqOfTop(top)
      if (seq === null ? !isForkTop(top) : seq > seqMax) continue
      for await (const { name, stat } of walkHistory(walked, top)) {
        if (isOver()) return round.pruned
        if (stat.kind === 'folder') round.removeEmpty(name)
        else await round.take(name, stat.kind === 'file', stat.size)
      }
    }
    return round.pruned
  }

  /** What is due of a folder and all below it, path by path. */
  async *dueBelow(folder: FolderPath, due: Due, slices: Slices): AsyncGenerator<PrunedOfPath> {
    for await (const path of this.pathsBelow(folder, slices)) {
      let [objects, bytes] = [0, 0]
      for (const piece of this.options.catalog.of(path)) {
        for (const object of piece) {
          if (!this.isDue(object, due) || this.options.objects.standing(object) === 'gone') continue
          objects++
          bytes += object.identity.size
        }
        if (slices.isUsedUp) await slices.next()
      }
      if (objects > 0) yield { path, objects, bytes, filedAnew: 0 }
    }
  }

  /** As `dueBelow`, and it goes. @throws DiskError. */
  async *pruneBelow(folder: FolderPath, due: Due, slices: Slices): AsyncGenerator<PrunedOfPath> {
    for await (const path of this.pathsBelow(folder, slices)) {
      const round = new Round(this.options, due)
      for (const piece of this.options.catalog.of(path)) {
        for (const object of piece) {
          if (this.options.isOver()) return
          if (this.isDue(object, due)) await round.take(objectName(object), true, object.identity.size)
        }
        if (slices.isUsedUp) await slices.next()
      }
      round.removeEmptied()
      if (round.pruned.objects + round.pruned.filedAnew > 0) yield { path, ...round.pruned }
    }
  }

  private async *pathsBelow(folder: FolderPath, slices: Slices): AsyncGenerator<FilePath> {
    for (let after: FilePath | null = null; ; ) {
      const paths = this.options.catalog.paths(folder, after)
      if (paths.length === 0) return
      yield* paths
      after = paths.at(-1)!
      if (slices.isUsedUp) await slices.next()
    }
  }

  private isDue(object: FiledObject, due: Due): boolean {
    return isDue(this.options, due, objectName(object), object) && !isAwaited(this.options, object)
  }
}

/** Whether it is old enough, and nobody may ask for it. `place` null: it is no object of a path. */
function isDue(
  { seen, journalBegin }: PruningOptions,
  { olderMs, seqMax }: Due,
  name: string,
  place: ObjectName | null,
): boolean {
  const top = place?.top ?? name.slice(0, name.indexOf('/'))
  const seq = seqOfTop(top)
  if (seq !== null && seq > seqMax) return false
  const ageMs = seen.ageOf(top, name)
  if (ageMs === null ? olderMs > 0 : ageMs < olderMs) return false
  // Nodes ask for the list of a folder's delete as long as the journal has its record; what has no path is not known.
  return place !== null || (name.endsWith('/.concur') && (seq === null || seq <= journalBegin()))
}

/** Whether it is what could not be put to its path, and waits here until that is free. */
function isAwaited({ paths }: PruningOptions, { top, path, digest }: FiledObject): boolean {
  const state = paths.get(path)
  if (state?.is !== 'file' || state.seq !== seqOfTop(top)) return false
  return digest === null || digest === state.digest
}

class Round {
  private readonly options: PruningOptions
  private readonly due: Due
  private readonly emptied = new Set<string>()
  private objects = 0
  private bytes = 0
  private filedAnew = 0

  constructor(options: PruningOptions, due: Due) {
    this.options = options
    this.due = due
  }

  get pruned(): Pruned {
    return { objects: this.objects, bytes: this.bytes, filedAnew: this.filedAnew }
  }

  /** Takes one away that may go. @throws DiskError. */
  async take(name: string, isFile: boolean, bytes: number): Promise<void> {
    const { catalog, objects, seen } = this.options
    const place = placeOf(name)
    if (!isDue(this.options, this.due, name, place)) return
    if (place !== null && isFile) {
      const filed = catalog.get(place)
      if (filed === null || objects.standing(filed) !== 'as filed') return this.fileAnew(place)
      if (isAwaited(this.options, filed)) return
    }
    this.remove(name)
    if (place !== null) catalog.remove(place)
    seen.forget(name)
    this.objects++
    this.bytes += bytes
  }

  /** Folders of what was taken away, as far as they are empty. @throws DiskError. */
  removeEmptied(): void {
    for (const folder of this.emptied)
      for (let name = folder; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('/'))))
        if (!this.removeEmpty(name)) break
    this.emptied.clear()
  }

  private async fileAnew(place: ObjectName): Promise<void> {
    if ((await this.options.objects.fileAnew(place)) !== null) this.filedAnew++
    else this.options.catalog.remove(place)
  }

  private remove(name: string): void {
    const { disk, history } = this.options
    const { folder, name: last } = openParent(disk, history.folder, name)
    try {
      disk.remove(folder, last)
    } finally {
      disk.close(folder)
    }
    this.emptied.add(name.slice(0, name.lastIndexOf('/')))
  }

  /** @returns whether the folder was empty, and is gone. @throws DiskError. */
  removeEmpty(name: string): boolean {
    const { disk, history, seen } = this.options
    try {
      const { folder, name: last } = openParent(disk, history.folder, name)
      try {
        disk.removeFolder(folder, last)
        seen.forget(name)
        return true
      } finally {
        disk.close(folder)
      }
    } catch (error) {
      if (error instanceof DiskError && ['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(error.code)) return false
      throw error
    }
  }
}
