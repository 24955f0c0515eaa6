/** What a file will be when bytes are added to it, before it is: only its last block is read, and the bytes. */
import { blockDigest, type Digest, fileDigest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { StageId } from '../../protocol/ids.ts'
import { blockBytes, chunkBytesMax, digestBytes } from '../../protocol/limits.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Content, Digests } from './digests.ts'
import { type Disk, type Fd, newStat, readFully, type Stat } from './disk.ts'
import { sameIdentity } from './identity.ts'
import type { Slices } from './slices.ts'
import type { Tree } from './tree.ts'
import { diskRefusal } from './trouble.ts'

const triesMax = 3

export interface Extension {
  readonly path: FilePath
  /** What the file is now. */
  readonly base: Digest
  readonly added: Iterable<Buffer>
  readonly addedBytes: number
}

/** @throws ConcurError CHANGED, IO_ERROR. */
export async function extended(
  tree: Tree,
  digests: Digests,
  { path, base, added, addedBytes }: Extension,
  slices: Slices,
): Promise<{ size: number; digest: Digest }> {
  let content: Content | null = null
  for (let tries = 1; tries <= triesMax; tries++) {
    const before = lastBlock(tree, digests, { path, base }, content)
    if (before !== null) return digestWith(before, { added, addedBytes }, slices)
    const seen = await digests.content(path)
    if (!('copy' in seen) || seen.copy.digest !== base) break
    content = seen
  }
  throw new ConcurError('CHANGED', `${path} is not that content any more`)
}

interface Before {
  readonly size: number
  /** Of the blocks that stay as they are. */
  readonly blockDigests: Buffer
  /** What the last block has already, when it is not whole. */
  readonly begun: Buffer
}

/** @returns null when it is not known to be `base` in the state that it is in. */
function lastBlock(
  tree: Tree,
  digests: Digests,
  { path, base }: Pick<Extension, 'path' | 'base'>,
  content: Content | null,
): Before | null {
  const stat = newStat()
  const file = tree.openFile(path, stat)
  if (typeof file !== 'number') return null
  try {
    const blockDigests = blockDigestsOf(digests, { path, base }, stat, content)
    if (blockDigests === null) return null
    const { size } = stat
    const wholeBlocks = Math.floor(size / blockBytes)
    const begun = Buffer.alloc(size - wholeBlocks * blockBytes)
    const read = readFully(tree.disk, file, begun, wholeBlocks * blockBytes)
    const after = newStat()
    tree.disk.stat(file, after)
    if (read < begun.length || !sameIdentity(stat, after)) return null
    const whole = blockDigests.subarray(0, wholeBlocks * digestBytes)
    // Nothing is built on bytes that have rotted: the result would be right for ever.
    const isSound = begun.length === 0 || blockDigest(begun).equals(blockDigests.subarray(whole.length))
    return isSound ? { size, blockDigests: whole, begun } : null
  } catch (error) {
    throw diskRefusal(error)
  } finally {
    tree.disk.close(file)
  }
}

function blockDigestsOf(
  digests: Digests,
  { path, base }: Pick<Extension, 'path' | 'base'>,
  stat: Stat,
  content: Content | null,
): Buffer | null {
  if (content !== null && sameIdentity(content.record.identity, stat)) return content.blockDigests
  const record = digests.remembered(path, stat)
  return record?.digest === base ? digests.blockDigests(record) : null
}

async function digestWith(
  { size, blockDigests, begun }: Before,
  { added, addedBytes }: Pick<Extension, 'added' | 'addedBytes'>,
  slices: Slices,
): Promise<{ size: number; digest: Digest }> {
  const digests = [blockDigests]
  const block = Buffer.allocUnsafe(Math.min(blockBytes, begun.length + addedBytes))
  let inBlock = begun.copy(block)
  let total = size
  for (const piece of added) {
    total += piece.length
    for (let at = 0; at < piece.length; ) {
      const bytes = piece.copy(block, inBlock, at)
      if (bytes === 0) throw new Error(`more than the ${addedBytes} bytes that were to be added`)
      at += bytes
      inBlock += bytes
      if (inBlock < blockBytes) continue
      digests.push(blockDigest(block))
      inBlock = 0
    }
    if (slices.isUsedUp) await slices.next()
  }
  if (inBlock > 0) digests.push(blockDigest(block.subarray(0, inBlock)))
  return { size: total, digest: fileDigest(total, Buffer.concat(digests)) }
}

/** @throws ConcurError IO_ERROR. */
export function* stagedPieces(disk: Disk, folder: Fd, id: StageId): Generator<Buffer> {
  const piece = Buffer.allocUnsafe(chunkBytesMax)
  let file: Fd
  try {
    file = disk.openOwn(folder, id)
  } catch (error) {
    throw diskRefusal(error)
  }
  try {
    for (let at = 0; ; ) {
      const bytes = readFully(disk, file, piece, at)
      if (bytes === 0) return
      yield piece.subarray(0, bytes)
      at += bytes
    }
  } catch (error) {
    throw diskRefusal(error)
  } finally {
    disk.close(file)
  }
}
