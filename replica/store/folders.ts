/** Folders beneath a descriptor, made where they are missing. What they are called is never followed out of it. */
import { type Disk, DiskError, type Fd } from './disk.ts'

/** A name in an open folder. */
export interface Place {
  readonly folder: Fd
  readonly name: string
}

/** How one folder is made. */
export type Make = (folder: Fd, name: string) => void

/** Opens the folder that `path` is in; whoever gets it closes it. @throws DiskError ENOENT when it is missing, ENOTDIR, ELOOP. */
export function openParent(disk: Disk, base: Fd, path: string): Place {
  const at = path.lastIndexOf('/')
  const folder = disk.openBeneath(base, at < 0 ? '.' : path.slice(0, at), 'place')
  return { folder, name: path.slice(at + 1) }
}

/** As `openParent`; folders that are missing are made. */
export function makeParent(disk: Disk, base: Fd, path: string, make: Make): Place {
  try {
    return openParent(disk, base, path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  const parts = path.split('/')
  const name = parts.pop()!
  let folder = disk.openBeneath(base, '.', 'place')
  for (const part of parts) {
    try {
      const next = openOrMake(disk, folder, part, make)
      disk.close(folder)
      folder = next
    } catch (error) {
      disk.close(folder)
      throw error
    }
  }
  return { folder, name }
}

function openOrMake(disk: Disk, folder: Fd, name: string, make: Make): Fd {
  try {
    return disk.openBeneath(folder, name, 'place')
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  try {
    make(folder, name)
  } catch (error) {
    if (!(error instanceof DiskError && error.code === 'EEXIST')) throw error
  }
  return disk.openBeneath(folder, name, 'place')
}

function isMissing(error: unknown): boolean {
  return error instanceof DiskError && error.code === 'ENOENT'
}
