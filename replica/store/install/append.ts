/**
 * An append: the file grows by the record's bytes, where it is the base. In place when nothing else leads to it: each
 * write goes to the end, wherever that is by then, and must have landed where it belongs. What a crash or a full disk
 * left of it is continued, never cut back. Else on a copy that is exchanged in; and where the base is not here, the
 * whole result is fetched. Clause: ../README.md "append".
 */
import { type Digest, fileDigest } from '../../../protocol/digest.ts'
import { blockBytes, chunkBytesMax, digestBytes } from '../../../protocol/limits.ts'
import type { Known } from '../digests.ts'
import { DiskError, type Fd, newStat } from '../disk.ts'
import { isTrusted } from '../identity.ts'
import { type Added, type AppendChange, addedBytes } from './added-bytes.ts'
import { blockDigestsFrom } from './block-digests-from.ts'
import { copyExtended, copyOfBytes, makesResult } from './copy-extended.ts'
import { decideAppend, holds } from './decide.ts'
import type { Ground, Work } from './ground.ts'
import { digestOfFile } from './looked-at.ts'
import { exchangePlace, fileResult, openOwnFile, resultOf } from './new-file.ts'
import { partialOf } from './partial.ts'
import { putFile, type Wish } from './put-file.ts'
import { hasMoved, reasonOf, triesMax } from './refusals.ts'

/** Refusals to open for writing in place that do not hinder a copy. */
const copyInstead = new Set(['EACCES', 'EPERM', 'ETXTBSY', 'EAGAIN'])

export async function append(ground: Ground, work: Work, change: AppendChange): Promise<void> {
  const added = addedBytes(ground, work, change)
  const extension = added === null ? null : new Append(ground, work, change, added)
  try {
    if (await extension?.extended()) return
    const spoilt = extension?.spoilt ?? null
    const known = spoilt === null ? change : { ...change, seen: [...change.seen, spoilt] }
    await putFile(ground, work, wholeWish(ground, work, known, added))
  } finally {
    added?.close()
  }
}

/** Everything but extending in place is a put of the whole result, made from a copy where the base is here. */
function wholeWish(ground: Ground, work: Work, change: AppendChange, added: Added | null): Wish {
  const { path, base, seen, digest } = change
  const make = async () => {
    const copied = added === null ? null : await copyExtended(ground, work, change, added)
    const made = copied ?? (await resultOf(ground, work, digest))
    if ('lost' in made && added !== null) await fileAdded(ground, work, change, added)
    return made
  }
  const contents = { base, seen, older: work.older, result: digest }
  return {
    path,
    contents,
    attributes: { executable: null, timeMs: work.entry.record.timeMs },
    make,
    mayBeOut: work.mayBeBegun,
  }
}

/** Where nobody has the base any more, at least what was added is kept. */
async function fileAdded(
  ground: Ground,
  work: Work,
  { path, body }: AppendChange,
  added: Added,
): Promise<void> {
  const file = await copyOfBytes(ground, work, body.bytes, at => added.read(at))
  try {
    await fileResult(ground, work, path, file)
  } finally {
    file.close()
  }
}

class Append {
  /** What is at the path and is nobody's edit: a loss of power left it, or the base had rotted. */
  spoilt: Digest | null = null
  private readonly ground: Ground
  private readonly work: Work
  private readonly change: AppendChange
  private readonly added: Added

  constructor(ground: Ground, work: Work, change: AppendChange, added: Added) {
    this.ground = ground
    this.work = work
    this.change = change
    this.added = added
  }

  /** @returns whether the file has the result now; false when it cannot be extended in place. */
  async extended(): Promise<boolean> {
    if (this.hasExchanged()) return false
    for (let tries = 1; tries <= triesMax; tries++) {
      try {
        const done = await this.step()
        if (done !== 'again') return done
      } catch (error) {
        if (reasonOf(error) !== null) return false
        if (!hasMoved(error)) throw error
      }
    }
    return false
  }

  /** Whether an exchange was begun before a crash: it is finished as such. */
  private hasExchanged(): boolean {
    if (!this.work.mayBeBegun) return false
    const fd = openOwnFile(this.ground.disk, exchangePlace(this.ground, this.work.seq, 0))
    if (fd !== null) this.ground.disk.close(fd)
    return fd !== null
  }

  private async step(): Promise<boolean | 'again'> {
    const { ground, work, change } = this
    const { base, seen, digest, path } = change
    const found = await ground.digests.examine(path, { deep: false })
    if (!('copy' in found)) return false
    const contents = { base, seen, older: work.older, result: digest }
    const isBase = decideAppend[holds(found.copy, contents)] === 'extend' && found.copy.size === change.offset
    if (isBase && decideAppend[work.holds(found.copy, contents)] === 'extend')
      return this.extend(found, change.offset)
    if (found.copy.digest === digest) return false
    const partial = await partialOf(ground, change, this.added, found)
    if (partial === 'begun') return this.extend(found, found.copy.size)
    if (partial === 'torn' && work.mayBeTorn) this.spoilt = found.copy.digest
    return false
  }

  private async extend(found: Known, from: number): Promise<boolean | 'again'> {
    const { disk, tree } = this.ground
    const stat = newStat()
    const place = tree.openPlace(this.change.path, stat)
    if (typeof place !== 'number') return 'again'
    let file: Fd
    try {
      if (stat.links !== 1) return false
      file = disk.openToAppend(place)
    } catch (error) {
      if (error instanceof DiskError && copyInstead.has(error.code)) return false
      throw error
    } finally {
      disk.close(place)
    }
    try {
      disk.stat(file, stat)
      if (stat.inode !== found.record.identity.inode || stat.size !== from) return 'again'
      if (!(await this.isGenuine(file))) return false
      if (!(await this.write(file, from))) return false
      return await this.finish(file, found)
    } finally {
      disk.close(file)
    }
  }

  /** A stage that a start found may not be what was sealed; what is written in place cannot be taken back. */
  private async isGenuine(from: Fd): Promise<boolean> {
    const { ground, work, change, added } = this
    const { stage } = change.body
    if (stage === null || ground.stages.sealed(stage) !== null) return true
    return makesResult(ground, work, { from, change, added })
  }

  /** @returns false when somebody else wrote at the end at the same time. */
  private async write(file: Fd, from: number): Promise<boolean> {
    const { change, added, work } = this
    for (let at = from; at < change.size; ) {
      const landed = this.ground.disk.append(file, added.read(at - change.offset))
      if (landed.at !== at) return false
      at += landed.bytes
      await work.pause()
    }
    return true
  }

  /** The blocks that were touched are hashed. @returns whether the whole is what the record says, and nobody else's. */
  private async finish(file: Fd, found: Known): Promise<boolean> {
    const { ground, change } = this
    const { timeMs } = this.work.entry.record
    ground.disk.setModifiedAt(file, timeMs)
    const made = await this.hash(file, found)
    const identity = newStat()
    ground.disk.stat(file, identity)
    const isOurs = identity.size === change.size && identity.mtimeNs === BigInt(timeMs) * 1_000_000n
    if (made === null || !isOurs) return false
    const { record, copy } = found
    const isWhole = made.digest === change.digest
    if (isWhole && !this.isInPlace(identity.inode)) return this.keepResult(file)
    if (copy.size > change.offset) ground.digests.forget(change.path)
    else if (isWhole || isTrusted(record)) {
      // Nobody else wrote: where the digest was trusted and the result is another, the base had rotted.
      const rottenFrom = isWhole ? null : change.digest
      if (!isWhole) this.spoilt = made.digest
      ground.digests.rememberOwn(change.path, { identity, ...made, from: record, rottenFrom })
    }
    return isWhole
  }

  /** Whether what was extended is what the path leads to: somebody may have saved another file in its place. */
  private isInPlace(inode: bigint): boolean {
    const { tree, disk } = this.ground
    const stat = newStat()
    const place = tree.openPlace(this.change.path, stat)
    if (typeof place !== 'number') return false
    disk.close(place)
    return stat.inode === inode
  }

  /**
   * What the path leads to now stays; the result, which may have no name any more, goes to history.
   * @returns false when it changed since.
   */
  private async keepResult(file: Fd): Promise<boolean> {
    const { ground, work, change } = this
    ground.digests.forget(change.path)
    const { disk } = ground
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytesMax, change.size))
    const result = await copyOfBytes(ground, work, change.size, at =>
      buffer.subarray(0, disk.read(file, buffer.subarray(0, Math.min(buffer.length, change.size - at)), at)),
    )
    try {
      if (result.digest !== change.digest) {
        disk.remove(result.place.folder, result.place.name)
        return false
      }
      work.keep(change.path, 'it was changed on this disk')
      await fileResult(ground, work, change.path, result)
      return true
    } finally {
      result.close()
    }
  }

  private async hash(file: Fd, found: Known): Promise<{ digest: Digest; blockDigests: Buffer } | null> {
    const { ground, change, work } = this
    const before = found.copy.size === change.offset ? ground.digests.blockDigests(found.record) : null
    if (before === null) return digestOfFile(ground, file)
    const firstBlock = Math.floor(change.offset / blockBytes)
    const rest = await blockDigestsFrom(ground, work, { file, firstBlock, size: change.size })
    if (rest === null) return null
    const blockDigests = Buffer.concat([before.subarray(0, firstBlock * digestBytes), rest])
    return { digest: fileDigest(change.size, blockDigests), blockDigests }
  }
}
