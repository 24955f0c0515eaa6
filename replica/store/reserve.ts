/**
 * Room kept for what is ordered already: on a full disk it is given free, so that committed records can be finished
 * and deletes work. It is made again as room comes, from half of what is free: what is not made yet is kept free by
 * room.ts.
 */
import { type Disk, DiskError, type Fd, newStat } from './disk.ts'

const KiB = 1024
const MiB = 1024 * KiB
const bytesMin = 1 * MiB
const bytesMax = 64 * MiB
const share = 0.01
/** It grows by this much at least, or to its end. */
const stepBytes = 64 * KiB

export class Reserve {
  /** How long it is, as far as this process has made it. */
  heldBytes = 0
  private readonly disk: Disk
  private readonly folder: Fd
  private readonly file: Fd
  /** Asked once: every change wants to know it. */
  private wanted: number | null = null

  /** `folder`: the server's own. */
  constructor(options: { disk: Disk; folder: Fd }) {
    this.disk = options.disk
    this.folder = options.folder
    this.file = options.disk.openOwn(options.folder, 'reserve')
  }

  /** How long it is to be, as far as this process knows the file system. @throws DiskError. */
  get wantedBytes(): number {
    this.wanted ??= reserveBytes(this.disk.totalBytes(this.folder))
    return this.wanted
  }

  /** Makes as much of it as there is room for; harmless where there is none, or where this file system cannot. */
  make(): void {
    try {
      const { wantedBytes } = this
      if (this.heldBytes >= wantedBytes) return
      const there = this.size()
      const half = Math.floor(this.disk.freeBytes(this.folder) / 2 / stepBytes) * stepBytes
      const bytes = Math.min(wantedBytes, there + half)
      if (bytes === there && this.heldBytes === there) return
      this.disk.allocate(this.file, Math.max(bytes, there))
      this.heldBytes = Math.max(bytes, there)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
  }

  /** @returns whether there was anything to give. @throws DiskError. */
  release(): boolean {
    const there = this.size()
    this.heldBytes = 0
    if (there === 0) return false
    this.disk.truncate(this.file, 0)
    return true
  }

  /** Gives it free when nobody else would find this much. */
  leave(bytes: number): void {
    try {
      if (this.disk.freeBytes(this.folder) < bytes) this.release()
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
  }

  close(): void {
    this.disk.close(this.file)
  }

  private size(): number {
    const stat = newStat()
    this.disk.stat(this.file, stat)
    return stat.size
  }
}

/** @returns how much is kept on a file system of this size. */
export function reserveBytes(totalBytes: number): number {
  return Math.min(bytesMax, Math.max(bytesMin, Math.floor(totalBytes * share)))
}
