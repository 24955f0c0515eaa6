/**
 * Whether a file is the base of an append and the beginning of what it adds: what a crash in the middle leaves. Then
 * the append goes on there. After a loss of power zeros may stand for bytes that were added: then it is torn, and made
 * anew. Anything else that is longer than the base is somebody's edit.
 */
import { digestOf } from '../../../protocol/digest.ts'
import { type Known, smallBytesMax } from '../digests.ts'
import { type Fd, newStat, readFully } from '../disk.ts'
import type { Added, AppendChange } from './added-bytes.ts'
import type { Ground } from './ground.ts'
import { digestOfFirst } from './looked-at.ts'

export type Partial = 'begun' | 'torn'

/** @returns null for somebody's edit. */
export async function partialOf(
  ground: Ground,
  change: AppendChange,
  added: Added,
  found: Known,
): Promise<Partial | null> {
  const { size } = found.copy
  if (size <= change.offset || size > change.size) return null
  const file = ground.tree.openFile(change.path, newStat())
  if (typeof file !== 'number') return null
  try {
    const partial = beginningOf(ground, { file, size }, change, added)
    return partial !== null && (await isBase(ground, file, change)) ? partial : null
  } finally {
    ground.disk.close(file)
  }
}

function beginningOf(
  { disk }: Ground,
  { file, size }: { file: Fd; size: number },
  { offset }: AppendChange,
  added: Added,
): Partial | null {
  let isTorn = false
  const piece = Buffer.allocUnsafe(smallBytesMax)
  for (let at = offset; at < size; ) {
    const expected = added.read(at - offset).subarray(0, Math.min(piece.length, size - at))
    const read = readFully(disk, file, piece.subarray(0, expected.length), at)
    if (read < expected.length) return null
    const bytes = piece.subarray(0, read)
    if (!bytes.equals(expected)) {
      if (bytes.some((byte, i) => byte !== 0 && byte !== expected[i])) return null
      isTorn = true
    }
    at += read
  }
  return isTorn ? 'torn' : 'begun'
}

async function isBase(ground: Ground, file: Fd, { offset, base, seen }: AppendChange): Promise<boolean> {
  const first = offset === 0 ? digestOf(Buffer.alloc(0)) : await digestOfFirst(ground, file, offset)
  return first !== null && (first.digest === base || seen.includes(first.digest))
}
