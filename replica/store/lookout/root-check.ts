/**
 * Whether the root is still what the journal was made for. A folder under which a disk is not mounted any more, or onto
 * which another one was mounted, is somebody else's; one that is empty, though the journal put files there, was emptied at
 * once: neither is a copy of anything.
 */
import { ownFolder, wholeTree } from '../../../protocol/path.ts'
import { type Disk, DiskError, type Fd, newStat, type Stat } from '../disk.ts'
import type { PathIndex } from '../path-index.ts'
import type { Tree } from '../tree.ts'
import { readBaseline } from './scan-file.ts'

/** One file that was deleted is one file that was deleted. */
export const emptiedFilesMin = 2

export interface RootOptions {
  /** By its name on this machine. */
  readonly root: string
  readonly disk: Disk
  readonly tree: Tree
  /** `.concur`, as it was opened at the start. */
  readonly own: Fd
}

export const emptiedReason =
  'the root is empty, though the journal put files there: ' +
  'put them back, or mount the disk, and start this server again, or start it once with --recheck if it was meant'

/** @returns why the root is not ours any more; null: it is, or nobody can say. */
export function foreignReason({ root, disk, tree, own }: RootOptions): string | null {
  const remedy = 'start this server again when it is back'
  let folder: Fd
  try {
    folder = disk.openFolder(root)
  } catch (error) {
    return isMissing(error) ? `the root is not there any more: ${remedy}` : null
  }
  try {
    const now = statOf(disk, folder)
    const then = newStat()
    tree.statRoot(then)
    if (!isSame(now, then))
      return `another folder stands where the root was (is its disk mounted?): ${remedy}`
    const ownNow = disk.openBeneath(folder, ownFolder, 'folder')
    try {
      return isSame(statOf(disk, ownNow), statOf(disk, own))
        ? null
        : `another ${ownFolder} stands in the root: ${remedy}`
    } finally {
      disk.close(ownNow)
    }
  } catch (error) {
    return isMissing(error) ? `${ownFolder} is gone from the root: ${remedy}` : null
  } finally {
    disk.close(folder)
  }
}

export interface StartOptions {
  readonly disk: Disk
  readonly tree: Tree
  readonly own: Fd
  readonly paths: PathIndex
  /** Somebody says that the copy is as it should be. */
  readonly recheck?: boolean
}

/**
 * A root that was emptied at once is no copy: a start settles nothing there before somebody says so. Only what was flushed
 * counts: the rest may have been lost with the power, and the start is about to bring it back.
 */
export async function reasonToStop({
  disk,
  tree,
  own,
  paths,
  recheck,
}: StartOptions): Promise<string | null> {
  if (recheck === true || readBaseline(disk, own)?.isEmptied === true || !isEmpty(tree)) return null
  const flushedSeq = paths.settledSeq ?? 0
  let files = 0
  for await (const piece of paths.below(wholeTree)) {
    for (const [, { is, seq }] of piece) if (is === 'file' && seq <= flushedSeq) files++
    if (files >= emptiedFilesMin) return emptiedReason
  }
  return null
}

/** Whether the root holds nothing but the server's own folder. One that cannot be read is not called empty. */
export function isEmpty(tree: Tree): boolean {
  const { disk } = tree
  try {
    const folder = tree.openFolder(wholeTree)
    try {
      for (let names = disk.readNames(folder); names.length > 0; names = disk.readNames(folder))
        if (names.some(name => name !== ownFolder)) return false
      return true
    } finally {
      disk.close(folder)
    }
  } catch (error) {
    if (error instanceof DiskError) return false
    throw error
  }
}

function statOf(disk: Disk, fd: Fd): Stat {
  const stat = newStat()
  disk.stat(fd, stat)
  return stat
}

function isSame(a: Stat, b: Stat): boolean {
  return a.device === b.device && a.inode === b.inode
}

function isMissing(error: unknown): boolean {
  return error instanceof DiskError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
