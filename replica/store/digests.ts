/**
 * The digest of a file: remembered and trusted, or read now. A small file is read in this thread at once; a large
 * one by the hasher, once however many ask. What moves while it is read is read again.
 * Clause: README.md "What is trusted".
 */

import type { Copy } from '../../protocol/copies.ts'
import { type Digest, digestOf, fileDigest } from '../../protocol/digest.ts'
import { digestBytes, fileBytesMax } from '../../protocol/limits.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Clock } from '../../protocol/world.ts'
import type { BlockHasher, OnProgress } from './block-hasher.ts'
import type { DigestIndex, DigestRecord } from './digest-index.ts'
import { type Fd, type Identity, newStat, readFully, type Stat } from './disk.ts'
import type { FileClock } from './file-clock.ts'
import { identityOf, isTrusted, sameIdentity, wholeMs } from './identity.ts'
import { afterReading } from './rot.ts'
import { SharedReadings } from './shared-readings.ts'
import { type NoFile, type Tree, unreadable } from './tree.ts'

/** Files up to this size are read in this thread: it takes less time than handing them over. */
export const smallBytesMax = 64 * 1024

const triesMax = 3

const tooLarge: NoFile = { is: 'unreadable', reason: 'it is larger than 1 TiB' }
const keepsChanging: NoFile = { is: 'unreadable', reason: 'it keeps changing while it is read' }

type FileCopy = Extract<Copy, { is: 'file' }>

interface How {
  readonly deep: boolean
  readonly onProgress?: OnProgress | undefined
}

/** A file, and what is remembered of it. */
export interface Known {
  readonly copy: FileCopy
  readonly record: DigestRecord
}

/** One reading of a file. */
export interface Content extends Known {
  readonly blockDigests: Buffer
}

/** A file that we made. */
export interface Made {
  /** As it was when the file had come into place. */
  readonly identity: Identity
  readonly digest: Digest
  /** None: not known. */
  readonly blockDigests: Buffer | null
  /** What it is made of, where that was not read again: the digest is as good as that one's. */
  readonly from: DigestRecord | null
  /** What it should be, where it came out rotten. */
  readonly rottenFrom?: Digest | null
}

interface Reading {
  readonly digest: Digest
  readonly blockDigests: Buffer
  readonly beganNs: bigint
  readonly checkedAtMs: number
}

/** How a reading can end without a result. */
type Again = 'moved' | 'too-large'

export class Digests {
  private readonly tree: Tree
  private readonly index: DigestIndex
  private readonly fileClock: FileClock
  private readonly clock: Clock
  private readonly hasher: BlockHasher
  private readonly readings: SharedReadings<Content | NoFile>
  private readonly stat = newStat()
  private readonly statAfter = newStat()
  private readonly small = Buffer.allocUnsafeSlow(smallBytesMax)

  constructor(options: {
    tree: Tree
    index: DigestIndex
    fileClock: FileClock
    clock: Clock
    hasher: BlockHasher
  }) {
    this.tree = options.tree
    this.index = options.index
    this.fileClock = options.fileClock
    this.clock = options.clock
    this.hasher = options.hasher
    this.readings = new SharedReadings((path, onProgress) => this.readLarge(path, onProgress))
  }

  /** What is at `path`; a promise only when a large file has to be read. */
  look(path: FilePath, how: How): Copy | Promise<Copy> {
    const seen = this.examine(path, how)
    return seen instanceof Promise ? seen.then(toCopy) : toCopy(seen)
  }

  /** As `look`, with what is remembered of the file from now on. */
  examine(path: FilePath, how: How): Known | NoFile | Promise<Known | NoFile> {
    const { stat } = this
    const place = this.tree.openPlace(path, stat)
    if (typeof place !== 'number') return this.without(path, place)
    this.tree.disk.close(place)
    if (stat.size > fileBytesMax) return tooLarge
    const record = how.deep ? null : this.trusted(path, stat)
    if (record !== null) return { copy: copyOf(stat, record), record }
    if (stat.size <= smallBytesMax) {
      const seen = this.readSmall(path)
      if (seen !== 'too-large') return seen
    }
    return this.readings.ask(path, { fresh: how.deep, onProgress: how.onProgress })
  }

  /** Remembers a file that we made: its content is known, nobody has to read it. */
  rememberOwn(path: FilePath, made: Made): void {
    const { digest, blockDigests, from } = made
    const blockDigest = blockDigests?.length === digestBytes ? blockDigests : null
    this.index.put(path, {
      identity: identityOf(made.identity),
      digest,
      blockDigest,
      beganNs: from?.beganNs ?? 0n,
      checkedAtMs: from?.checkedAtMs ?? this.clock.nowMs(),
      own: from === null || isTrusted(from),
      rottenFrom: made.rottenFrom ?? null,
    })
    if (blockDigests !== null && blockDigests.length > digestBytes)
      this.index.putBlockDigests(digest, blockDigests)
  }

  /** What was remembered of `from` is remembered of `to`. */
  rememberMoved(from: FilePath, to: FilePath): void {
    const record = this.index.get(from)
    if (record === null) return
    const blockDigests = record.blockDigest === null ? this.index.blockDigests(record.digest) : null
    this.index.delete(from)
    this.index.put(to, record)
    if (blockDigests !== null) this.index.putBlockDigests(record.digest, blockDigests)
  }

  /** @returns the size of the content, where that is remembered of the path; null: it is not. */
  rememberedSize(path: FilePath, digest: Digest): number | null {
    const record = this.index.get(path)
    return record?.digest === digest ? record.identity.size : null
  }

  forget(path: FilePath): void {
    this.index.delete(path)
  }

  /** Reads the file now, or joins a reading that runs. */
  async content(path: FilePath): Promise<Content | NoFile> {
    const seen = this.readSmall(path)
    return seen === 'too-large' ? this.readings.ask(path, { fresh: false }) : seen
  }

  /** @returns what is remembered of the file in this state and may be believed, or null. */
  trusted(path: FilePath, stat: Stat): DigestRecord | null {
    const record = this.remembered(path, stat)
    return record !== null && isTrusted(record) ? record : null
  }

  /** As `trusted`, the digest alone. */
  trustedDigest(path: FilePath, stat: Stat): Digest | null {
    return this.index.trustedDigest(path, stat)
  }

  /** As `trusted`, with what may not be believed without a check of the bytes. */
  remembered(path: FilePath, stat: Stat): DigestRecord | null {
    const record = this.index.get(path)
    return record !== null && sameIdentity(record.identity, stat) ? record : null
  }

  /** Whether the file was ever read, or made, here; its content may be another one by now. */
  hasRead(path: FilePath): boolean {
    return this.index.get(path) !== null
  }

  /** @returns the digests of all blocks of what a record names, where they are remembered. */
  blockDigests(record: DigestRecord): Buffer | null {
    if (record.identity.size === 0) return Buffer.alloc(0)
    return record.blockDigest ?? this.index.blockDigests(record.digest)
  }

  /** Settles when no large file is read any more. */
  drained(): Promise<void> {
    return this.readings.drained()
  }

  private without(path: FilePath, found: NoFile): NoFile {
    if (found.is === 'absent') this.index.delete(path)
    return found
  }

  /** Reads a file of at most `smallBytesMax` in this thread. */
  private readSmall(path: FilePath): Content | NoFile | 'too-large' {
    for (let tries = 1; tries <= triesMax; tries++) {
      const file = this.tree.openFile(path, this.stat)
      if (typeof file !== 'number') return file
      const seen = this.readSmallOnce(path, file)
      if (seen !== 'moved') return seen
    }
    return keepsChanging
  }

  private readSmallOnce(path: FilePath, file: Fd): Content | NoFile | Again {
    const { stat, small } = this
    try {
      if (stat.size > smallBytesMax) return 'too-large'
      const began = this.now()
      const bytes = small.subarray(0, readFully(this.tree.disk, file, small.subarray(0, stat.size), 0))
      if (bytes.length < stat.size || this.hasMoved(file, stat)) return 'moved'
      return this.remember(path, stat, { ...began, ...digestOf(bytes) })
    } catch (error) {
      return unreadable(error)
    } finally {
      this.tree.disk.close(file)
    }
  }

  private async readLarge(path: FilePath, onProgress: OnProgress): Promise<Content | NoFile> {
    const stat = newStat()
    for (let tries = 1; tries <= triesMax; tries++) {
      const file = this.tree.openFile(path, stat)
      if (typeof file !== 'number') return file
      const seen = await this.readLargeOnce(path, file, stat, onProgress)
      if (seen !== 'moved') return seen
    }
    return keepsChanging
  }

  private async readLargeOnce(path: FilePath, file: Fd, stat: Stat, onProgress: OnProgress) {
    try {
      const began = this.now()
      onProgress(0, stat.size)
      const blockDigests = await this.hasher.hash(file, stat.size, onProgress)
      if (blockDigests === null || this.hasMoved(file, stat)) return 'moved'
      return this.remember(path, stat, {
        ...began,
        digest: fileDigest(stat.size, blockDigests),
        blockDigests,
      })
    } catch (error) {
      return unreadable(error)
    } finally {
      this.tree.disk.close(file)
    }
  }

  private now(): { beganNs: bigint; checkedAtMs: number } {
    return { beganNs: this.fileClock.nowNs(), checkedAtMs: this.clock.nowMs() }
  }

  private hasMoved(file: Fd, stat: Stat): boolean {
    this.tree.disk.stat(file, this.statAfter)
    return !sameIdentity(stat, this.statAfter)
  }

  /**
   * A small file that is still provisional is not remembered: it will be read again whatever the index says. What has
   * rotten is always remembered, and written down at once.
   */
  private remember(path: FilePath, stat: Stat, reading: Reading): Content {
    const { digest, blockDigests, beganNs, checkedAtMs } = reading
    const blockDigest = blockDigests.length === digestBytes ? blockDigests : null
    const how = { identity: identityOf(stat), beganNs, checkedAtMs, own: false, rottenFrom: null }
    const before = this.index.get(path)
    const record = afterReading(before, { ...how, digest, blockDigest })
    const { rottenFrom } = record
    if (stat.size <= smallBytesMax && rottenFrom === null && !isTrusted(record)) this.index.delete(path)
    else this.index.put(path, record)
    if (blockDigests.length > digestBytes) this.index.putBlockDigests(digest, blockDigests)
    if (rottenFrom !== null && before?.rottenFrom !== rottenFrom) void this.index.flush()
    return { copy: copyOf(stat, record), record, blockDigests }
  }
}

function toCopy(seen: Known | NoFile): Copy {
  return 'copy' in seen ? seen.copy : seen
}

function copyOf(stat: Stat, { digest, checkedAtMs, rottenFrom }: DigestRecord): FileCopy {
  return {
    is: 'file',
    size: stat.size,
    mtimeMs: wholeMs(stat.mtimeNs),
    executable: stat.executable,
    digest,
    checkedAtMs,
    rotten: rottenFrom !== null,
  }
}
