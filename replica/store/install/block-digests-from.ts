/** Hashes a file from one of its blocks to its end, a block a step: what an append touched. */
import { blockCount, blockDigest, blockLength } from '../../../protocol/digest.ts'
import { blockBytes } from '../../../protocol/limits.ts'
import { type Fd, readFully } from '../disk.ts'
import type { Ground, Work } from './ground.ts'

/** @returns null when the file is shorter than `size`. */
export async function blockDigestsFrom(
  ground: Ground,
  work: Work,
  { file, firstBlock, size }: { file: Fd; firstBlock: number; size: number },
): Promise<Buffer | null> {
  const digests: Buffer[] = []
  const block = Buffer.allocUnsafe(Math.min(blockBytes, size - firstBlock * blockBytes))
  for (let index = firstBlock; index < blockCount(size); index++) {
    const bytes = block.subarray(0, blockLength(size, index))
    if (readFully(ground.disk, file, bytes, index * blockBytes) < bytes.length) return null
    digests.push(blockDigest(bytes))
    await work.pause()
  }
  return Buffer.concat(digests)
}
