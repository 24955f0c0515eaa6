/**
 * The one way in which a small file of the server's own is replaced: the old content or the new one, whole, after
 * any crash; and nothing left behind by a failure.
 */
import type { Disk, Fd } from './disk.ts'

/** Returns when `bytes` are on the disk under `name` in `folder`. @throws DiskError: the file is as it was. */
export function replaceDurably(disk: Disk, folder: Fd, name: string, bytes: Uint8Array): void {
  const newName = `${name}.new`
  const file = disk.openOwn(folder, newName)
  try {
    disk.truncate(file, 0)
    disk.write(file, bytes, 0)
    disk.flush(file)
    disk.rename(folder, newName, name)
  } catch (error) {
    removeLeftover(disk, folder, newName)
    throw error
  } finally {
    disk.close(file)
  }
  disk.flush(folder)
}

/** Removes what a failure has left, where that can be done. */
export function removeLeftover(disk: Pick<Disk, 'remove'>, folder: Fd, name: string): void {
  try {
    disk.remove(folder, name)
  } catch {
    // The failure that brought us here is the one to tell.
  }
}
