/**
 * Whether a file is the base of an append and the beginning of what it adds: what a crash in the middle leaves. Then
 * the append goes on there. Anything else that is longer than the base is somebody's edit.
 */
import { digestOf } from '../../../protocol/digest.ts'
import { type Known, smallBytesMax } from '../digests.ts'
import { type Fd, newStat, readFully } from '../disk.ts'
import type { Added, AppendChange } from './added-bytes.ts'
import type { Ground } from './ground.ts'
import { digestOfFirst } from './looked-at.ts'

export async function isPartial(
  ground: Ground,
  change: AppendChange,
  added: Added,
  found: Known,
): Promise<boolean> {
  const { size } = found.copy
  if (size <= change.offset || size > change.size) return false
  const file = ground.tree.openFile(change.path, newStat())
  if (typeof file !== 'number') return false
  try {
    return isBeginning(ground, { file, size }, change, added) && (await isBase(ground, file, change))
  } finally {
    ground.disk.close(file)
  }
}

function isBeginning(
  { disk }: Ground,
  { file, size }: { file: Fd; size: number },
  { offset }: AppendChange,
  added: Added,
): boolean {
  const piece = Buffer.allocUnsafe(smallBytesMax)
  for (let at = offset; at < size; ) {
    const expected = added.read(at - offset).subarray(0, Math.min(piece.length, size - at))
    const read = readFully(disk, file, piece.subarray(0, expected.length), at)
    if (read < expected.length || !piece.subarray(0, read).equals(expected)) return false
    at += read
  }
  return true
}

async function isBase(ground: Ground, file: Fd, { offset, base, seen }: AppendChange): Promise<boolean> {
  const first = offset === 0 ? digestOf(Buffer.alloc(0)) : await digestOfFirst(ground, file, offset)
  return first !== null && (first.digest === base || seen.includes(first.digest))
}
