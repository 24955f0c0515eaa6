/** What the disk holds at a path, and where it would come to lie: what a change is ordered by. */
import type { Place } from '../../protocol/change-messages.ts'
import type { Copy } from '../../protocol/copies.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Digests } from './digests.ts'
import { DiskError, newStat } from './disk.ts'
import type { Tree } from './tree.ts'

/** A promise only when a large file has to be read. */
export function survey(tree: Tree, digests: Digests, path: FilePath): Place | Promise<Place> {
  const copy = digests.look(path, { deep: false })
  return copy instanceof Promise ? copy.then(found => placeOf(tree, path, found)) : placeOf(tree, path, copy)
}

function placeOf(tree: Tree, path: FilePath, copy: Copy): Place {
  const parent = copy.is === 'absent' || copy.is === 'unreadable' ? parentOf(tree, path) : 'folder'
  return { copy, parent, isEmpty: copy.is === 'folder' && isEmpty(tree, path) }
}

function parentOf(tree: Tree, path: FilePath): Place['parent'] {
  try {
    const { folder } = tree.openParent(path)
    try {
      const stat = newStat()
      tree.disk.stat(folder, stat)
      return stat.kind === 'folder' ? 'folder' : stat.kind === 'file' ? 'file' : 'other'
    } finally {
      tree.disk.close(folder)
    }
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    if (error.code === 'ENOENT') return 'absent'
    return error.code === 'ENOTDIR' ? 'file' : 'other'
  }
}

/** A folder that cannot be read, or vanished, is not called empty. */
function isEmpty(tree: Tree, path: FilePath): boolean {
  try {
    const folder = tree.openFolder(path)
    try {
      return tree.disk.readNames(folder).length === 0
    } finally {
      tree.disk.close(folder)
    }
  } catch (error) {
    if (error instanceof DiskError) return false
    throw error
  }
}
