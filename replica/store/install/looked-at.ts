/**
 * What a file is by its bytes, when it is not at its path: one that came out of the tree, a stage found after a
 * restart. Small ones are read at once, large ones by the hasher, and not at all where a trusted digest of the very
 * same file is at hand: a rename moves ctime and nothing else.
 */
import { type Digest, digestOf, fileDigest } from '../../../protocol/digest.ts'
import { type Known, smallBytesMax } from '../digests.ts'
import { DiskError, type Fd, type Identity, newStat, readFully } from '../disk.ts'
import type { Place } from '../folders.ts'
import { isTrusted, wholeMs } from '../identity.ts'
import { rightDigestOf } from '../rot.ts'
import type { Ground } from './ground.ts'
import type { Out } from './out.ts'

interface Hashed {
  readonly digest: Digest
  readonly blockDigests: Buffer
}

/** @returns null when the file shrank while it was read. @throws DiskError. */
export function digestOfFile(
  ground: Pick<Ground, 'disk' | 'hasher'>,
  file: Fd,
): Hashed | null | Promise<Hashed | null> {
  const stat = newStat()
  ground.disk.stat(file, stat)
  return digestOfFirst(ground, file, stat.size)
}

/** As `digestOfFile`, of the first `size` bytes. */
export function digestOfFirst(
  ground: Pick<Ground, 'disk' | 'hasher'>,
  file: Fd,
  size: number,
): Hashed | null | Promise<Hashed | null> {
  if (size <= smallBytesMax) {
    const bytes = Buffer.allocUnsafe(size)
    return readFully(ground.disk, file, bytes, 0) < size ? null : digestOf(bytes)
  }
  return ground.hasher
    .hash(file, size, () => {})
    .then(blockDigests => blockDigests && { digest: fileDigest(size, blockDigests), blockDigests })
}

/** @returns what lies in `place`; `before`: what was known of it when it was in the tree. Null: nothing. */
export async function lookAt(ground: Ground, place: Place, before: Known | null): Promise<Out | null> {
  const { disk } = ground
  let found: Fd
  try {
    found = disk.openBeneath(place.folder, place.name, 'place')
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOENT') return null
    throw error
  }
  try {
    const stat = newStat()
    disk.stat(found, stat)
    const of = { inode: stat.inode, size: stat.size, mtimeMs: wholeMs(stat.mtimeNs) }
    if (stat.kind !== 'file') return { ...of, digest: null, rotten: false }
    const record = before !== null && isSameFile(stat, before.record.identity) ? before.record : null
    const isAtHand = record !== null && stat.size > smallBytesMax && isTrusted(record)
    const digest = isAtHand ? record.digest : await readOut(ground, found)
    const right = record === null ? null : rightDigestOf(record)
    return { ...of, digest, rotten: right !== null && digest !== null && digest !== right }
  } finally {
    disk.close(found)
  }
}

/** A rename moves ctime and nothing else. */
function isSameFile(stat: Identity, known: Identity): boolean {
  return stat.inode === known.inode && stat.size === known.size && stat.mtimeNs === known.mtimeNs
}

async function readOut(ground: Ground, place: Fd): Promise<Digest | null> {
  let file: Fd
  try {
    file = ground.disk.openFile(place)
  } catch (error) {
    if (error instanceof DiskError) return null
    throw error
  }
  try {
    return (await digestOfFile(ground, file))?.digest ?? null
  } catch (error) {
    if (error instanceof DiskError) return null
    throw error
  } finally {
    ground.disk.close(file)
  }
}
