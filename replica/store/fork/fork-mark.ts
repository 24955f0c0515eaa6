/**
 * Filing a fork is many steps; the file `fork` makes them one. `undoing`: the tree is on its way back to what it was, and
 * a start goes on with that. `undone`: the tree is there, and nothing behind `commonSeq` counts any more.
 */
import { type Disk, DiskError, type Fd } from '../disk.ts'
import { replaceDurably } from '../durable-file.ts'
import { readText } from '../fence.ts'

const fileName = 'fork'

export interface ForkMark {
  /** The last record that is not the fork's. */
  readonly commonSeq: number
  readonly phase: 'undoing' | 'undone'
}

/** `folder`: the server's own. @returns null: no fork is being filed. */
export function readForkMark(disk: Disk, folder: Fd): ForkMark | null {
  const found = /^(undoing|undone) (\d{1,16})\n$/.exec(readText(disk, folder, fileName))
  return found === null ? null : { phase: found[1] as ForkMark['phase'], commonSeq: Number(found[2]) }
}

/** Returns when it is on the disk. @throws DiskError. */
export function writeForkMark(disk: Disk, folder: Fd, { phase, commonSeq }: ForkMark): void {
  replaceDurably(disk, folder, fileName, Buffer.from(`${phase} ${commonSeq}\n`))
}

/** Returns when that is on the disk. @throws DiskError. */
export function removeForkMark(disk: Disk, folder: Fd): void {
  try {
    disk.remove(folder, fileName)
  } catch (error) {
    if (!(error instanceof DiskError && error.code === 'ENOENT')) throw error
  }
  disk.flush(folder)
}
