/**
 * Room kept for what is ordered already: on a full disk it is given free, so that committed records can be finished
 * and deletes work. It is made again when there is room for it twice.
 */
import { type Disk, DiskError, type Fd, newStat } from './disk.ts'

const MiB = 1024 * 1024
const bytesMin = 1 * MiB
const bytesMax = 64 * MiB
const share = 0.01

export class Reserve {
  private readonly disk: Disk
  private readonly folder: Fd
  private readonly file: Fd
  private isHeld = false

  /** `folder`: the server's own. */
  constructor(options: { disk: Disk; folder: Fd }) {
    this.disk = options.disk
    this.folder = options.folder
    this.file = options.disk.openOwn(options.folder, 'reserve')
  }

  /** Makes the reserve, unless it is there; harmless when there is no room, or this file system cannot. */
  make(): void {
    if (this.isHeld) return
    try {
      const wanted = reserveBytes(this.disk.totalBytes(this.folder))
      const stat = newStat()
      this.disk.stat(this.file, stat)
      if (stat.size < wanted && this.disk.freeBytes(this.folder) < 2 * wanted) return
      this.disk.allocate(this.file, wanted)
      this.isHeld = true
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
  }

  /** @returns whether there was anything to give. @throws DiskError. */
  release(): boolean {
    const stat = newStat()
    this.disk.stat(this.file, stat)
    this.isHeld = false
    if (stat.size === 0) return false
    this.disk.truncate(this.file, 0)
    return true
  }

  close(): void {
    this.disk.close(this.file)
  }
}

/** @returns how much is kept on a file system of this size. */
export function reserveBytes(totalBytes: number): number {
  return Math.min(bytesMax, Math.max(bytesMin, Math.floor(totalBytes * share)))
}
