/**
 * The result of an append as a new file: the base, which is at the path, and the added bytes. Flushed before it is
 * used: the journal has only the added ones.
 */
import { DigestStream } from '../../../protocol/digest.ts'
import { chunkBytesMax } from '../../../protocol/limits.ts'
import { DiskError, type Fd, newStat } from '../disk.ts'
import { seqName } from '../history.ts'
import type { Added, AppendChange } from './added-bytes.ts'
import type { Ground, Work } from './ground.ts'
import { NewFile } from './new-file.ts'

/** @returns null when what is at the path does not give the result. */
export async function copyExtended(
  ground: Ground,
  work: Work,
  change: AppendChange,
  added: Added,
): Promise<NewFile | null> {
  const { disk, tree, stages } = ground
  const stat = newStat()
  const from = tree.openFile(change.path, stat)
  if (typeof from !== 'number') return null
  let fd: Fd | null = null
  try {
    if (stat.size < change.offset) return null
    // A copy that there is no room for is not begun: it would take all that is left from others, each time anew.
    if (change.size > disk.freeBytes(stages.folder)) throw new DiskError('ENOSPC', 'statfs')
    const place = { folder: stages.folder, name: seqName(work.seq) }
    fd = disk.openOwn(place.folder, place.name)
    disk.truncate(fd, 0)
    const hash = await copy(ground, work, { from, to: fd, change, added })
    const result = hash?.finish() ?? null
    if (result?.digest !== change.digest) return null
    await stages.flush(fd)
    const file = new NewFile({ disk, fd, place, digest: result.digest, blockDigests: result.blockDigests })
    fd = null
    return file
  } finally {
    disk.close(from)
    if (fd !== null) {
      disk.close(fd)
      stages.remove(seqName(work.seq))
    }
  }
}

/** @returns a file of `size` bytes, as `read` gives them, or of fewer where it gives none. */
export async function copyOfBytes(
  { disk, stages }: Ground,
  work: Work,
  size: number,
  read: (at: number) => Buffer,
): Promise<NewFile> {
  const place = { folder: stages.folder, name: seqName(work.seq) }
  const fd = disk.openOwn(place.folder, place.name)
  try {
    disk.truncate(fd, 0)
    const hash = new DigestStream()
    for (let at = 0; at < size; ) {
      const bytes = read(at)
      if (bytes.length === 0) break
      disk.write(fd, bytes, at)
      hash.update(bytes)
      at += bytes.length
      await work.pause()
    }
    return new NewFile({ disk, fd, place, ...hash.finish() })
  } catch (error) {
    disk.close(fd)
    stages.remove(place.name)
    throw error
  }
}

/** Whether the base, which `from` begins with, and these added bytes make what the record says. */
export async function makesResult(
  ground: Ground,
  work: Work,
  what: { from: Fd; change: AppendChange; added: Added },
): Promise<boolean> {
  const hash = await copy(ground, work, { ...what, to: null })
  return hash?.finish().digest === what.change.digest
}

/** `to` null: it is only hashed. */
async function copy(
  { disk }: Ground,
  work: Work,
  { from, to, change, added }: { from: Fd; to: Fd | null; change: AppendChange; added: Added },
): Promise<DigestStream | null> {
  const hash = new DigestStream()
  const buffer = Buffer.allocUnsafe(chunkBytesMax)
  const take = (bytes: Buffer, at: number) => {
    if (to !== null) disk.write(to, bytes, at)
    hash.update(bytes)
    return at + bytes.length
  }
  let at = 0
  while (at < change.offset) {
    const read = disk.read(from, buffer.subarray(0, Math.min(buffer.length, change.offset - at)), at)
    if (read === 0) return null
    at = take(buffer.subarray(0, read), at)
    await work.pause()
  }
  while (at < change.size) {
    at = take(added.read(at - change.offset), at)
    await work.pause()
  }
  return hash
}
