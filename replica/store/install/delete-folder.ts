/**
 * A delete of a folder: an empty one, or with all that was seen below it. The files of the list go one by one, each as
 * a delete of its own, its base what the records before made of it; then the folders that are empty by then, the deepest first. What was not in the list stays.
 */
import type { Digest } from '../../../protocol/digest.ts'
import { ConcurError } from '../../../protocol/errors.ts'
import type { StageId } from '../../../protocol/ids.ts'
import type { FilePath } from '../../../protocol/path.ts'
import { type Change, type DeletedEntry, readDeletedEntries } from '../../../protocol/record.ts'
import { readFully } from '../disk.ts'
import type { Place } from '../folders.ts'
import { listName } from '../history.ts'
import { decideRmdir } from './decide.ts'
import { deleteFile } from './delete-file.ts'
import type { Ground, Work } from './ground.ts'
import { openOwnFile } from './new-file.ts'
import { isCode, reasonForCopy } from './refusals.ts'
import { untilDone } from './tries.ts'

type Delete = Extract<Change, { type: 'delete' }>

const notEmpty = ['ENOTEMPTY', 'EEXIST']

export async function deleteFolder(ground: Ground, work: Work, change: Delete): Promise<void> {
  const entries = await listOf(ground, work, change)
  if (entries === null) return
  for (const [n, { path, what, seen }] of entries.entries()) {
    if (what === 'file') await deleteFile(ground, work, { path, base: baseOf(ground, path), seen, n })
    await work.pause()
  }
  let left = 0
  for (const { path, what } of entries.toReversed()) {
    if (what === 'folder' && !(await isRemoved(ground, path))) left++
    await work.pause()
  }
  await removeFolder(ground, work, change.path, left)
}

/** @returns null when nobody has the list any more: nothing is deleted then. */
export async function listOf(
  ground: Ground,
  work: Work,
  { path, body }: Delete,
): Promise<DeletedEntry[] | null> {
  if (body.bytes === 0) return []
  const own = body.stage === null ? work.entry.body : ownList(ground, work.seq, body.stage, body.bytes)
  if (own !== null) return readDeletedEntries(own)
  const obtained = await ground.contents.obtain(work.entry)
  if (obtained.is === 'lost') {
    work.keep(path, `what was to be deleted in it is not known: ${obtained.reason}`)
    return null
  }
  const bytes = obtained.is === 'bytes' ? obtained.bytes : stagedList(ground, obtained.stage, body.bytes)
  if (bytes?.length !== body.bytes)
    throw new ConcurError('IO_ERROR', `what was got for record ${work.seq} is not its list`)
  return readDeletedEntries(bytes)
}

/** The file that the path was by the records before. */
function baseOf({ paths }: Ground, path: FilePath): Digest | null {
  const state = paths.get(path)
  return state?.is === 'file' ? state.digest : null
}

/** @returns the list that lies below history under this name; null when it is not there, or not whole. */
export function listAt({ disk, history }: Ground, name: string, size: number): DeletedEntry[] | null {
  const bytes = readList({ disk }, { folder: history.folder, name }, size)
  return bytes === null ? null : readDeletedEntries(bytes)
}

/** As it was staged, or as it was kept when the record was settled before. */
function ownList(ground: Ground, seq: number, stage: StageId, size: number): Buffer | null {
  const kept = { folder: ground.history.folder, name: listName(seq) }
  return stagedList(ground, stage, size) ?? readList(ground, kept, size)
}

function stagedList(ground: Ground, stage: StageId, size: number): Buffer | null {
  return readList(ground, { folder: ground.stages.folder, name: stage }, size)
}

/** @returns null when it is not there, or not whole. */
function readList({ disk }: Pick<Ground, 'disk'>, place: Place, size: number): Buffer | null {
  const file = openOwnFile(disk, place)
  if (file === null) return null
  try {
    const bytes = Buffer.alloc(size)
    return readFully(disk, file, bytes, 0) < size ? null : bytes
  } finally {
    disk.close(file)
  }
}

/** A folder of the list; whatever hinders its removal is told of the whole. */
async function isRemoved(ground: Ground, path: FilePath): Promise<boolean> {
  try {
    remove(ground, path)
    return true
  } catch (error) {
    if (isCode(error, 'ENOENT')) return true
    const copy = await ground.digests.look(path, { deep: false })
    return copy.is === 'absent'
  }
}

/** Of an empty one; another is kept. `foldersLeft`: of its list, that could not be removed. */
export async function removeFolder(
  ground: Ground,
  work: Work,
  path: FilePath,
  foldersLeft: number,
): Promise<void> {
  await untilDone(work, path, async () => {
    const copy = await ground.digests.look(path, { deep: false })
    const action = decideRmdir(copy)
    if (action === 'keep') work.keep(path, reasonForCopy(copy))
    if (action !== 'remove') return true
    try {
      remove(ground, path)
    } catch (error) {
      if (!notEmpty.some(code => isCode(error, code))) throw error
      work.keep(path, reasonForRest(ground, path, foldersLeft))
    }
    return true
  })
}

function remove(ground: Ground, path: FilePath): void {
  const site = ground.tree.openParent(path)
  try {
    ground.disk.removeFolder(site.folder, site.name)
  } finally {
    ground.disk.close(site.folder)
  }
}

function reasonForRest(ground: Ground, path: FilePath, foldersLeft: number): string {
  const names = countOf(ground, path)
  const inIt = names === 1 ? '1 name in it was' : `${names} names in it were`
  const below = foldersLeft === 0 ? '' : `, and ${foldersLeft} folder${foldersLeft === 1 ? '' : 's'} below it`
  return `it is not empty: ${inIt} not to be deleted${below}`
}

function countOf({ disk, tree }: Ground, path: FilePath): number {
  const folder = tree.openFolder(path)
  try {
    let count = 0
    for (let names = disk.readNames(folder); names.length > 0; names = disk.readNames(folder))
      count += names.length
    return count
  } finally {
    disk.close(folder)
  }
}
