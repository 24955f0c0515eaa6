/**
 * Goes through a folder and all below it once, in no order that matters, in slices of time. Only folders are opened, and
 * only those of the root's file system; everything else is looked at from outside. What vanishes meanwhile is left out, and
 * so is what a folder holds that cannot be read.
 */
import { childPath, type FilePath, type FolderPath, ownFolder, wholeTree } from '../../../protocol/path.ts'
import { DiskError, type Fd, newStat, type Stat } from '../disk.ts'
import { decoded } from '../listed-name.ts'
import type { Slices } from '../slices.ts'
import type { Tree } from '../tree.ts'

export interface Visitor {
  /** Called before its names are read; the descriptor is open during the call. */
  onFolder(folder: Fd, path: FolderPath): void
  /** The stat is valid during the call. */
  onThing(path: FilePath, stat: Stat): void
  /** There is something whose name is none that a path can have. */
  onNoPath(): void
  /** Whether to stop. */
  readonly isOver: boolean
}

/** @returns how many folders could not be read. */
export async function visitEveryThing(
  tree: Tree,
  from: FolderPath,
  slices: Slices,
  visitor: Visitor,
): Promise<number> {
  const ahead: FolderPath[] = [from]
  let unread = 0
  for (let folder = ahead.pop(); folder !== undefined && !visitor.isOver; folder = ahead.pop()) {
    try {
      await visitFolder(tree, folder, slices, visitor, ahead)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      if (!isGone(error)) unread++
    }
  }
  return unread
}

async function visitFolder(
  tree: Tree,
  path: FolderPath,
  slices: Slices,
  visitor: Visitor,
  ahead: FolderPath[],
): Promise<void> {
  const { disk } = tree
  const stat = newStat()
  const folder = tree.openFolder(path)
  try {
    visitor.onFolder(folder, path)
    for (let names = disk.readNames(folder); names.length > 0; names = disk.readNames(folder)) {
      for (const name of names) {
        if (path === wholeTree && name === ownFolder) continue
        if (visitor.isOver) return
        const below = visit(tree, { folder, path }, name, stat, visitor)
        if (below !== null) ahead.push(below)
        if (slices.isUsedUp) await slices.next()
      }
    }
  } finally {
    disk.close(folder)
  }
}

/** @returns the path of a folder that is to be gone through as well. */
function visit(
  tree: Tree,
  { folder, path: parent }: { folder: Fd; path: FolderPath },
  name: string,
  stat: Stat,
  visitor: Visitor,
): FilePath | null {
  const text = decoded(name)
  const path = text === null ? null : childPath(parent, text)
  if (path === null) {
    visitor.onNoPath()
    return null
  }
  try {
    tree.disk.statChild(folder, text!, stat)
  } catch (error) {
    if (error instanceof DiskError && isGone(error)) return null
    throw error
  }
  visitor.onThing(path, stat)
  return stat.kind === 'folder' && !stat.isMount ? path : null
}

function isGone({ code }: DiskError): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'EXDEV'].includes(code)
}
