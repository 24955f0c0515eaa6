/**
 * Whether it is worth reading a whole file in search of blocks: some of its blocks, spread over it, are held against those
 * at the same place. A file of which a part was edited shows itself in one of them; one that has nothing but its name in
 * common costs a few blocks.
 */
import { blockCount, blockDigest, blockLength } from '../../protocol/digest.ts'
import { blockBytes, digestBytes } from '../../protocol/limits.ts'
import type { Disk, Fd } from './disk.ts'
import { readPiece } from './read-piece.ts'

const samplesMax = 16

/** @returns the blocks to be read where both files have `blocks`. */
export function samplesOf(blocks: number): number[] {
  const count = Math.min(blocks, samplesMax)
  return Array.from({ length: count }, (_, at) => Math.floor((at * blocks) / count))
}

/** `blockDigests`: of the other content. @throws DiskError. */
export async function looksAlike(
  disk: Disk,
  file: { readonly fd: Fd; readonly size: number },
  blockDigests: Buffer,
): Promise<boolean> {
  const block = Buffer.allocUnsafeSlow(Math.min(blockBytes, file.size))
  for (const index of samplesOf(Math.min(blockCount(file.size), blockDigests.length / digestBytes))) {
    const bytes = block.subarray(0, blockLength(file.size, index))
    if (!(await readPiece(disk, file.fd, bytes, index * blockBytes))) return false
    const at = index * digestBytes
    if (blockDigest(bytes).equals(blockDigests.subarray(at, at + digestBytes))) return true
  }
  return false
}
