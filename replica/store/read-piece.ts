/** Reads one block of an open file, or another piece of it, without holding up this thread where the disk is slow. */
import type { Disk, Fd } from './disk.ts'

/** @returns whether `into` was filled; false: the file ended before. The file stays open until then. @throws DiskError. */
export async function readPiece(disk: Disk, file: Fd, into: Buffer, position: number): Promise<boolean> {
  for (let done = 0; done < into.length; ) {
    const rest = into.subarray(done)
    const at = position + done
    const read = disk.readNow(file, rest, at) ?? (await disk.readSoon(file, rest, at))
    if (read === 0) return false
    done += read
  }
  return true
}
