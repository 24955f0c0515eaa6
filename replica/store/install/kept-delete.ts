/**
 * Tries again a delete that something was in the way of: by the rule of the record itself, so that what a person has put
 * there since stays. Clause: ../README.md "When it is not possible".
 */
import type { FilePath } from '../../../protocol/path.ts'
import type { JournalEntry } from '../../../protocol/record.ts'
import type { Slices } from '../slices.ts'
import { type Deleted, deleteFile } from './delete-file.ts'
import { removeFolder } from './delete-folder.ts'
import { type Ground, Work } from './ground.ts'

export interface KeptDelete {
  readonly ground: Ground
  readonly path: FilePath
  /** The path's last record: nothing is there any more, by its word. */
  readonly entry: JournalEntry
  readonly slices: Slices
}

/** @returns whether nothing is there now. @throws DiskError when the disk is in trouble. */
export async function deleteKept({ ground, path, entry, slices }: KeptDelete): Promise<boolean> {
  const work = new Work({ entry, slices, older: [], mayBeBegun: false })
  const found = await ground.digests.look(path, { deep: false })
  if (found.is === 'absent') return true
  if (found.is === 'folder') await removeFolder(ground, work, path, 0)
  else {
    const deleted = found.is === 'file' ? deletedBy(ground, entry, { path, digest: found.digest }) : null
    if (deleted === null) return false
    await deleteFile(ground, work, deleted)
  }
  return work.outcome().kept.length === 0
}

/** @returns null when the record did not mean this content. */
function deletedBy(
  { paths }: Ground,
  { record }: JournalEntry,
  { path, digest }: { path: FilePath; digest: Deleted['seen'][number] },
): Deleted | null {
  const { change, seq } = record
  if (change.type !== 'delete') return null
  if (change.what === 'file') return { ...change, n: 0 }
  // Of a folder: what the records before had made there was in its list.
  const madeAt = paths.seqOfContent(path, digest)
  return madeAt !== null && madeAt < seq ? { path, base: null, seen: [digest], n: 0 } : null
}
