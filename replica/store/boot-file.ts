/** The system's start in which this store was last open: whether power may have been lost since. */
import type { Disk, Fd } from './disk.ts'
import { replaceDurably } from './durable-file.ts'
import { readText } from './fence.ts'

const fileName = 'boot'

export class BootFile {
  private readonly options: { readonly disk: Disk; readonly folder: Fd; readonly bootId: string }

  /** `folder`: the server's own. */
  constructor(options: { disk: Disk; folder: Fd; bootId: string }) {
    this.options = options
  }

  /** Whether the system was started since; false for a store that was never open. */
  hasChanged(): boolean {
    const { disk, folder, bootId } = this.options
    const last = readText(disk, folder, fileName).trim()
    return last !== '' && last !== bootId
  }

  /** Returns when it is on the disk. What may have been lost before was looked after. @throws DiskError. */
  renew(): void {
    const { disk, folder, bootId } = this.options
    if (readText(disk, folder, fileName).trim() === bootId) return
    replaceDurably(disk, folder, fileName, Buffer.from(`${bootId}\n`))
  }
}
