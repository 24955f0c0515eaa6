/**
 * The segment to come: a file named `prepared`, full of zeros and on the disk, made while the one before it is
 * being filled. What a crash leaves of it is thrown away.
 */
import { DiskError, type Fd } from '../disk.ts'
import { failureOf, flushed, freeBytesOf, type JournalDisk } from './steps.ts'

export const preparedName = 'prepared'

const zeros = Buffer.alloc(256 * 1024)
/** Zeros that are flushed together, so that a flush of records beside them does not wait for all. */
const flushBytes = 4 * 1024 * 1024

export interface Prepared {
  readonly file: Fd
  readonly size: number
}

export class NextSegment {
  private readonly disk: JournalDisk
  private readonly folder: Fd
  private readonly onFailed: (error: unknown) => void
  private readonly makeRoom: () => boolean
  /** Null where there was no room for it. */
  private prepared: Promise<Prepared | null> | null = null
  private isClosed = false

  /**
   * `onFailed`: a failure after which nothing may be written any more, met while nobody waited.
   * `makeRoom`: gives room on the disk free that was kept for this; returns whether there was any.
   */
  constructor(options: {
    disk: JournalDisk
    folder: Fd
    onFailed: (error: unknown) => void
    makeRoom: () => boolean
  }) {
    this.disk = options.disk
    this.folder = options.folder
    this.onFailed = options.onFailed
    this.makeRoom = options.makeRoom
  }

  /** Begins to make it, unless that was done already. */
  prepare(size: () => number): void {
    this.prepared ??= this.make(size()).catch(error => {
      if (failureOf(error).isFinal) this.onFailed(error)
      return null
    })
  }

  /**
   * @returns it, of the first of these sizes that there is room for, or what was prepared, where that has the last of
   * them. It belongs to the caller, who renames it first of all.
   */
  async take(sizes: readonly number[]): Promise<Prepared> {
    const prepared = await this.prepared
    this.prepared = null
    if (prepared != null && prepared.size >= sizes.at(-1)!) return prepared
    if (prepared != null) this.disk.close(prepared.file)
    for (const [at, size] of sizes.entries()) {
      try {
        return await this.make(size)
      } catch (error) {
        const { error: refusal, isFinal } = failureOf(error)
        if (isFinal) throw error
        if (at < sizes.length - 1) continue
        if (refusal.code !== 'NO_SPACE' || !this.makeRoom()) throw error
      }
    }
    return this.make(sizes.at(-1)!)
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.isClosed = true
    const prepared = await this.prepared
    this.prepared = null
    if (prepared != null) this.disk.close(prepared.file)
  }

  /** Throws away one that was taken and has no other name yet. */
  discard(file: Fd): void {
    this.disk.close(file)
    try {
      this.disk.remove(this.folder, preparedName)
    } catch {
      // The failure that brought us here is the one to tell.
    }
  }

  private async make(size: number): Promise<Prepared> {
    const file = this.disk.openOwn(this.folder, preparedName)
    try {
      this.disk.truncate(file, 0)
      // What there is no room for takes none from others while that is found out.
      if (size > freeBytesOf(this.disk, this.folder)) throw new DiskError('ENOSPC', 'statfs')
      await this.fill(file, size)
      await flushed(this.disk.flushSoon(file))
      return { file, size }
    } catch (error) {
      this.discard(file)
      throw error
    }
  }

  private async fill(file: Fd, size: number): Promise<void> {
    for (let at = 0; at < size && !this.isClosed; at += zeros.length) {
      await this.disk.writeSoon(file, zeros.subarray(0, Math.min(zeros.length, size - at)), at)
      if ((at + zeros.length) % flushBytes === 0) await flushed(this.disk.flushDataSoon(file))
    }
  }
}
