/**
 * After a flush that failed nobody knows what is on the disk, and asking again would not tell. So the first one takes
 * the store out of service for changes until the system was started anew: a mark with the boot id says so, also to the
 * next process. A root that is not what it was takes the store out of service as well, for this process only: another
 * start looks for itself. Clause: README.md "What lies in ROOT/.concur".
 */
import { type Disk, DiskError, type Fd, isFailedFlush, newStat, readFully } from './disk.ts'
import { replaceDurably } from './durable-file.ts'

const fileName = 'fence'

export class Fence {
  private readonly disk: Disk
  private readonly folder: Fd
  private readonly bootId: string
  private fencedBecause: string | null
  private stoppedBecause: string | null = null
  private readonly listeners = new Set<(reason: string) => void>()

  /** `folder`: the server's own. */
  constructor(options: { disk: Disk; folder: Fd; bootId: string }) {
    this.disk = options.disk
    this.folder = options.folder
    this.bootId = options.bootId
    this.fencedBecause = this.read()
  }

  /** Why the store takes no changes, or null. */
  get reason(): string | null {
    return this.fencedBecause ?? this.stoppedBecause
  }

  get isFenced(): boolean {
    return this.reason !== null
  }

  /** Whether it is only for this process, and no flush has failed. */
  get isStopped(): boolean {
    return this.stoppedBecause !== null && this.fencedBecause === null
  }

  /** `onFenced` is called when the store is fenced from now on. @returns how to be told no more. */
  listen(onFenced: (reason: string) => void): () => void {
    this.listeners.add(onFenced)
    return () => void this.listeners.delete(onFenced)
  }

  /** Holds for this process even where the mark cannot be written any more. The first reason stands. */
  set(reason: string): void {
    if (this.fencedBecause !== null) return
    this.fencedBecause = reason
    this.write(reason)
    for (const onFenced of this.listeners) onFenced(reason)
  }

  /** No changes from now on, for this process; nothing is written. */
  stop(reason: string): void {
    if (this.isFenced) return
    this.stoppedBecause = reason
    for (const onFenced of this.listeners) onFenced(reason)
  }

  /** Somebody has looked after the disk. @throws DiskError. */
  clear(): void {
    this.fencedBecause = null
    try {
      this.disk.remove(this.folder, fileName)
    } catch (error) {
      if (!(error instanceof DiskError && error.code === 'ENOENT')) throw error
    }
  }

  /**
   * Somebody says that the disk is sound again. @returns whether a fence was taken away, which it is only after a flush
   * that worked. @throws DiskError: it stands.
   */
  recheck(): boolean {
    if (this.fencedBecause === null) return false
    const mark = `${JSON.stringify({ bootId: this.bootId, reason: this.fencedBecause })}\n`
    replaceDurably(this.disk, this.folder, fileName, Buffer.from(mark))
    // Where this is lost with the power, the mark is of another start of the system.
    this.clear()
    return true
  }

  /** Does what ends with a flush; one that fails fences the store. @throws what `act` throws. */
  guard<T>(act: () => T): T {
    try {
      return act()
    } catch (error) {
      if (isFailedFlush(error)) this.set('a flush failed')
      throw error
    }
  }

  private write(reason: string): void {
    try {
      const mark = `${JSON.stringify({ bootId: this.bootId, reason })}\n`
      replaceDurably(this.disk, this.folder, fileName, Buffer.from(mark))
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
  }

  private read(): string | null {
    const text = readText(this.disk, this.folder, fileName)
    if (text === '') return null
    try {
      const { bootId, reason } = JSON.parse(text) as { bootId: unknown; reason: unknown }
      return bootId === this.bootId ? String(reason) : null
    } catch {
      return 'the mark of a failed flush cannot be read'
    }
  }
}

/** @returns '' when there is no such file. */
export function readText(disk: Disk, folder: Fd, name: string): string {
  let place: Fd
  try {
    place = disk.openBeneath(folder, name, 'place')
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return ''
    throw error
  }
  try {
    const file = disk.openFile(place)
    try {
      const stat = newStat()
      disk.stat(file, stat)
      const bytes = Buffer.alloc(stat.size)
      return bytes.toString('utf8', 0, readFully(disk, file, bytes, 0))
    } finally {
      disk.close(file)
    }
  } finally {
    disk.close(place)
  }
}
