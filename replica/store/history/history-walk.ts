/** Everything that lies in history, in slices: folder by folder, what is in one before the folder itself. */
import { isUtf8 } from 'node:buffer'
import { type Disk, DiskError, type Fd, newStat, type Stat } from '../disk.ts'
import type { Slices } from '../slices.ts'
import { sortedNames } from '../sorted-names.ts'

/** `name`: below history. What its bytes are no text of is left out. */
export interface Found {
  readonly name: string
  readonly stat: Stat
}

export interface WalkedHistory {
  readonly disk: Disk
  /** `.concur/history`. */
  readonly folder: Fd
  readonly slices: Slices
}

/** @returns the names of what lies in a folder of history, in their order; none when it is not there. */
export async function namesIn({ disk, folder, slices }: WalkedHistory, name: string): Promise<string[]> {
  let fd: Fd
  try {
    fd = disk.openBeneath(folder, name, 'folder')
  } catch (error) {
    if (isNothing(error)) return []
    throw error
  }
  try {
    return await sortedNames(disk, fd, slices, bytes => {
      const text = Buffer.from(bytes, 'latin1')
      return isUtf8(text) ? text.toString() : null
    })
  } catch (error) {
    // Somebody has removed it since.
    if (isNothing(error)) return []
    throw error
  } finally {
    disk.close(fd)
  }
}

/** What lies below a folder of history, and at last that folder. What is gone meanwhile is left out. */
export async function* walkHistory(walked: WalkedHistory, name: string): AsyncGenerator<Found> {
  const stat = newStat()
  if (!isThere(walked, name, stat)) return
  if (stat.kind === 'folder') {
    for (const child of await namesIn(walked, name)) yield* walkHistory(walked, `${name}/${child}`)
  }
  if (walked.slices.isUsedUp) await walked.slices.next()
  yield { name, stat }
}

function isThere({ disk, folder }: WalkedHistory, name: string, into: Stat): boolean {
  try {
    const place = disk.openBeneath(folder, name, 'place')
    disk.stat(place, into)
    disk.close(place)
    return true
  } catch (error) {
    if (isNothing(error)) return false
    throw error
  }
}

function isNothing(error: unknown): boolean {
  return error instanceof DiskError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
