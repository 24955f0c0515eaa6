/** When every byte of every copy was last compared, kept in `.concur/deep`. A file that is missing or damaged says never. */
import { type Disk, DiskError, type Fd } from './disk.ts'
import { replaceDurably } from './durable-file.ts'
import { readText } from './fence.ts'

const fileName = 'deep'

/** `folder`: the server's own. @returns milliseconds since 1970; null: never. */
export function readDeepVerified(disk: Disk, folder: Fd): number | null {
  try {
    const ms = Number(readText(disk, folder, fileName).trim() || 'never')
    return Number.isSafeInteger(ms) && ms >= 0 ? ms : null
  } catch (error) {
    if (error instanceof DiskError) return null
    throw error
  }
}

/** What could not be written is compared again sooner than it had to be. */
export function writeDeepVerified(disk: Disk, folder: Fd, ms: number): void {
  try {
    replaceDurably(disk, folder, fileName, Buffer.from(`${ms}\n`))
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
  }
}
