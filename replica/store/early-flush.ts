/**
 * Has a long file written to the disk while its bytes still come: else the system gathers them in memory, and whoever
 * flushes the file waits for all of them, and whoever writes more for room. Promises nothing: that is the flush's part.
 */
import type { Disk, Fd } from './disk.ts'

const MiB = 1024 * 1024
/** Bytes that are written at once; of a shorter file nothing is begun. */
const pieceBytes = 4 * MiB

export class EarlyFlush {
  private readonly disk: Pick<Disk, 'beginFlush'>
  private readonly file: Fd
  /** What was written since, one piece behind the other. */
  private from = 0
  private to = 0
  private isBusy = false

  constructor(options: { disk: Pick<Disk, 'beginFlush'>; file: Fd }) {
    this.disk = options.disk
    this.file = options.file
  }

  /** These bytes are in the file. A disk that is busy with the ones before is asked again with the next ones. */
  wrote(position: number, bytes: number): void {
    if (position !== this.to) this.from = position
    this.to = position + bytes
    if (this.isBusy || this.to - this.from < pieceBytes) return
    const { from, to } = this
    this.from = to
    this.isBusy = true
    void this.disk.beginFlush(this.file, from, to - from).then(() => {
      this.isBusy = false
    })
  }
}
