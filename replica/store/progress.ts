/**
 * How far the tree is: the last record whose effects are in it, as the size of a file. A size is metadata: file
 * systems put it on the disk in order with the renames before and after it, and a process that is killed leaves it.
 * So nothing is flushed for it. Clause: README.md "How a record becomes the disk's content".
 */
import { type Disk, type Fd, newStat } from './disk.ts'

export class Progress {
  private readonly disk: Disk
  private readonly file: Fd

  /** `folder`: the server's own. */
  constructor(options: { disk: Disk; folder: Fd }) {
    this.disk = options.disk
    this.file = options.disk.openOwn(options.folder, 'progress')
  }

  /** @returns 0 when there was none. */
  get seq(): number {
    const stat = newStat()
    this.disk.stat(this.file, stat)
    return stat.size
  }

  /** @throws DiskError. */
  set(seq: number): void {
    this.disk.truncate(this.file, seq)
  }

  close(): void {
    this.disk.close(this.file)
  }
}
