/**
 * Takes the tree back to what it was before a fork: what the fork made of each path goes to history, and what had given
 * way to it comes back from there. What somebody edited since stays. Nothing is lost and all of it can be done again.
 * Clause: ../README.md "A fork".
 */
import type { Digest } from '../../../protocol/digest.ts'
import { ConcurError } from '../../../protocol/errors.ts'
import { chunkBytesMax } from '../../../protocol/limits.ts'
import type { FilePath } from '../../../protocol/path.ts'
import { DiskError, type Fd, newStat } from '../disk.ts'
import { makeParent, type Place } from '../folders.ts'
import { seqName } from '../history.ts'
import type { Ground } from '../install/ground.ts'
import { hasMoved, reasonOf } from '../install/refusals.ts'
import type { Slices } from '../slices.ts'
import type { Before, ForkRecord } from './before-fork.ts'
import { digestOfObject, type KeptObject, namesIn, objectsIn } from './objects.ts'

/** What became of one path. */
export interface Filed {
  readonly path: FilePath
  /** `taken`: the fork's content is in history. `left`: it is no content of the fork, and stays. */
  readonly is: 'taken' | 'left'
  readonly digest: Digest | null
}

export interface UndoingOptions {
  readonly ground: Ground
  readonly slices: Slices
  readonly commonSeq: number
  /** The fork's folder below history. */
  readonly name: string
  readonly fork: readonly ForkRecord[]
  readonly before: ReadonlyMap<FilePath, Before>
  /** What the fork's last record made of each path. */
  readonly last: ReadonlyMap<FilePath, Digest>
}

export class Undoing {
  private readonly options: UndoingOptions
  private readonly results = new Map<string, Set<Digest>>()
  private kept: KeptObject[] | null = null

  constructor(options: UndoingOptions) {
    this.options = options
    for (const { record } of options.fork) {
      const { change } = record
      if (change.type === 'put' || change.type === 'append') this.noteResult(change.path, change.digest)
      if (change.type !== 'rename' || change.what !== 'file') continue
      for (const digest of [change.base, ...change.seen])
        if (digest !== null) this.noteResult(change.to, digest)
    }
    for (const [path, digest] of options.last) this.noteResult(path, digest)
  }

  /** @throws DiskError when the disk is in trouble: it can be done again. */
  async run(): Promise<Filed[]> {
    const filed: Filed[] = []
    for (const [path, before] of this.options.before) {
      const one = await this.take(path, before)
      if (one !== null) filed.push(one)
      await this.pause()
    }
    await this.clearFolders()
    for (const [path, before] of this.options.before) {
      if (before.is === 'file') await this.bringBack(path, before)
      if (before.is === 'folder') this.makeFolder(path)
      await this.pause()
    }
    return filed
  }

  private noteResult(path: string, digest: Digest): void {
    const digests = this.results.get(path)
    if (digests === undefined) this.results.set(path, new Set([digest]))
    else digests.add(digest)
  }

  /** @returns null when there is nothing to say of the path. */
  private async take(path: FilePath, before: Before): Promise<Filed | null> {
    const { ground, name } = this.options
    const found = await ground.digests.examine(path, { deep: false })
    if (!('copy' in found)) return null
    const { digest } = found.copy
    if (isAsBefore(digest, before)) return null
    if (this.results.get(path)?.has(digest) !== true) return { path, is: 'left', digest }
    const from = ground.tree.openParent(path)
    try {
      this.moveToHistory(from, `${name}/tree/${path}`)
    } finally {
      ground.disk.close(from.folder)
    }
    ground.digests.forget(path)
    return { path, is: 'taken', digest }
  }

  private moveToHistory(from: Place, name: string): void {
    const { disk, history } = this.options.ground
    const to = makeParent(disk, history.folder, name, (folder, part) => disk.makeFolder(folder, part))
    try {
      disk.moveNew(from.folder, from.name, to.folder, to.name)
    } finally {
      disk.close(to.folder)
    }
  }

  private async bringBack(path: FilePath, before: Extract<Before, { is: 'file' }>): Promise<void> {
    const { tree, disk, history } = this.options.ground
    if ((await this.options.ground.digests.look(path, { deep: false })).is !== 'absent') return
    const name = await this.nameOf(path, before)
    const from = name === null ? await this.prefixFor(before) : { folder: history.folder, name }
    if (from === null) return
    try {
      const to = tree.makeParent(path)
      try {
        disk.moveNew(from.folder, from.name, to.folder, to.name)
      } finally {
        disk.close(to.folder)
      }
    } catch (error) {
      // Somebody was quicker, or stands in the way: it stays in history.
      if (!hasMoved(error) && reasonOf(error) === null) throw error
    }
  }

  /** @returns the object that is what the path was: its own first, then any of that content. */
  private async nameOf(path: FilePath, before: Extract<Before, { is: 'file' }>): Promise<string | null> {
    const { ground } = this.options
    const objects = await this.objects()
    for (const object of objects.filter(one => one.path === path)) {
      const digest = await digestOfObject(ground, object.name)
      if (digest !== null && isAsBefore(digest, before)) return object.name
    }
    if (before.digest === null) return null
    for (const object of objects) {
      if ((await digestOfObject(ground, object.name)) === before.digest) return object.name
      await this.pause()
    }
    return null
  }

  /** An append kept nothing: what the file was is the beginning of what it became. @returns where a copy of that lies. */
  private async prefixFor(before: Extract<Before, { is: 'file' }>): Promise<Place | null> {
    const { ground, fork } = this.options
    const sizes = new Set(
      fork.flatMap(({ record: { change } }) =>
        change.type === 'append' && [change.base, ...change.seen].includes(before.digest)
          ? [change.offset]
          : [],
      ),
    )
    for (const size of sizes)
      for (const object of await this.objects()) {
        if (object.size < size) continue
        const digest = await digestOfObject(ground, object.name, size)
        if (digest !== null && digest === before.digest) return this.copyOf(object, size)
        await this.pause()
      }
    return null
  }

  /** Flushed before it is used. */
  private async copyOf(object: KeptObject, size: number): Promise<Place> {
    const { disk, stages, history } = this.options.ground
    const place = { folder: stages.folder, name: `${seqName(this.options.commonSeq)}.fork` }
    const from = disk.openBeneath(history.folder, object.name, 'place')
    let source: Fd | null = null
    const to = disk.openOwn(place.folder, place.name)
    try {
      source = disk.openFile(from)
      const stat = newStat()
      disk.stat(source, stat)
      disk.truncate(to, 0)
      const buffer = Buffer.allocUnsafe(chunkBytesMax)
      for (let at = 0; at < size; ) {
        const read = disk.read(source, buffer.subarray(0, Math.min(buffer.length, size - at)), at)
        if (read === 0) throw new ConcurError('CHANGED', 'a file in history became shorter')
        disk.write(to, buffer.subarray(0, read), at)
        at += read
        await this.pause()
      }
      disk.setMode(to, stat.mode)
      await stages.flush(to)
      return place
    } finally {
      disk.close(to)
      disk.close(from)
      if (source !== null) disk.close(source)
    }
  }

  /** Folders that the fork made, as far as nothing else is in them. */
  private async clearFolders(): Promise<void> {
    const { tree, disk } = this.options.ground
    const made = [...this.options.before].flatMap(([path, { is }]) => (is === 'absent' ? [path] : []))
    for (const path of made.sort((a, b) => b.length - a.length)) {
      try {
        const site = tree.openParent(path)
        try {
          disk.removeFolder(site.folder, site.name)
        } finally {
          disk.close(site.folder)
        }
      } catch (error) {
        if (!(error instanceof DiskError)) throw error
      }
      await this.pause()
    }
  }

  private makeFolder(path: FilePath): void {
    const { tree, disk } = this.options.ground
    try {
      const site = tree.makeParent(path)
      try {
        disk.makeTreeFolder(site.folder, site.name)
      } finally {
        disk.close(site.folder)
      }
    } catch (error) {
      if (!hasMoved(error) && reasonOf(error) === null) throw error
    }
  }

  /** All that the fork's records moved to history, the first record's first, and what was taken now. */
  private async objects(): Promise<readonly KeptObject[]> {
    if (this.kept !== null) return this.kept
    const { ground, slices, commonSeq, name } = this.options
    const tops = (await namesIn(ground, '.', slices)).filter(top => Number.parseInt(top, 10) > commonSeq)
    this.kept = []
    for (const top of [...tops.sort(), `${name}/tree`])
      for await (const object of objectsIn(ground, top, slices)) this.kept.push(object)
    return this.kept
  }

  private async pause(): Promise<void> {
    if (this.options.slices.isUsedUp) await this.options.slices.next()
  }
}

function isAsBefore(digest: Digest, before: Before): boolean {
  return before.is === 'file' && (digest === before.digest || before.seen.includes(digest))
}
