/**
 * The file system's own clock: the time that it gives to a file changed now. It may tick coarsely, and on a
 * network file system it is the server's; only times from this clock are held against a file's times.
 */
import { type Disk, type Fd, newStat } from './disk.ts'

const oneByte = Buffer.from('.')

export class FileClock {
  private readonly disk: Disk
  private readonly probe: Fd
  private readonly stat = newStat()

  /** `folder`: the server's own; the probe file is made there. */
  constructor(options: { disk: Disk; folder: Fd }) {
    this.disk = options.disk
    this.probe = options.disk.openOwn(options.folder, 'clock')
  }

  /** @returns nanoseconds since 1970; 0, before every change, while the disk takes no writes. */
  nowNs(): bigint {
    try {
      this.disk.write(this.probe, oneByte, 0)
      this.disk.stat(this.probe, this.stat)
      return this.stat.mtimeNs
    } catch {
      return 0n
    }
  }

  close(): void {
    this.disk.close(this.probe)
  }
}
