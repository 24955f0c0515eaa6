/**
 * What lies in a folder that is to be deleted with all below it: everything that was put there through us, and what every
 * node has alike. What somebody laid there by hand on some node is not in the list, and stays.
 * Clause: protocol/README.md "Records", the body of a delete.
 */
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { DeletedEntry } from '../../protocol/record.ts'
import type { Held } from '../mark.ts'
import { MergedWalk } from '../merge-walks.ts'
import type { Node } from '../node.ts'

/** @throws ConcurError UNREACHABLE when a node could not be asked: its files would stay. */
export async function listFolder(
  nodes: readonly Node[],
  folder: FilePath,
  isOurs: (path: FilePath) => boolean,
): Promise<DeletedEntry[]> {
  const walk = new MergedWalk({ nodes, folder, recursive: true })
  const entries: DeletedEntry[] = []
  try {
    for (let next = await walk.next(); next !== null; next = await walk.next()) {
      if (next.escaped || next.path === folder) continue
      const { path, held } = next
      if (held.every(one => isNothingOr(one, 'folder'))) entries.push({ path, what: 'folder', seen: [] })
      else if (held.every(one => isNothingOr(one, 'file'))) {
        const copies = await Promise.all(held.map((one, place) => digestAt(nodes[place]!, path, one)))
        const seen = [...new Set(copies.flatMap(digest => (digest === null ? [] : [digest])))]
        const isEverywhere = seen.length === 1 && !copies.includes(null)
        if (isEverywhere || isOurs(path)) entries.push({ path, what: 'file', seen })
      }
    }
    const [failed] = walk.unreachable()
    if (failed !== undefined)
      throw new ConcurError('UNREACHABLE', `${folder}: ${failed.node} ${failed.reason}`)
    return entries
  } finally {
    await walk.close()
  }
}

function isNothingOr(held: Held, type: 'file' | 'folder'): boolean {
  return held === null || (held !== 'not compared' && held.type === type)
}

async function digestAt(node: Node, path: FilePath, held: Held): Promise<Digest | null> {
  if (held === null || held === 'not compared') return null
  if (held.digest !== null) return held.digest
  const answer = await node.look(path, { deep: false, onProgress: () => {} })
  if (answer.copy === null) throw new ConcurError('UNREACHABLE', `${path}: ${answer.node} ${answer.reason}`)
  return answer.copy.is === 'file' ? answer.copy.digest : null
}
