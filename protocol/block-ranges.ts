/** Some of the blocks of a file, as ranges in ascending order. Pure. Clause: README.md "SUPPLY", "FETCH". */
import { blockLength } from './digest.ts'
import { ConcurError } from './errors.ts'

export interface BlockRange {
  readonly first: number
  readonly count: number
}

/** @returns the ranges of a file of `blocks` blocks as a whole. */
export function allBlocks(blocks: number): BlockRange[] {
  return blocks === 0 ? [] : [{ first: 0, count: blocks }]
}

/** @throws ConcurError BAD_FRAME when they do not ascend, overlap, or lie behind the end of a file of `blocks` blocks. */
export function assertRanges(ranges: readonly BlockRange[], blocks: number): void {
  let end = 0
  for (const { first, count } of ranges) {
    if (first < end || count === 0 || first + count > blocks)
      throw new ConcurError('BAD_FRAME', `${count} blocks from block ${first} on, of ${blocks}`)
    end = first + count
  }
}

/** @returns each block of the ranges, in ascending order. */
export function* blocksIn(ranges: readonly BlockRange[]): Generator<number> {
  for (const { first, count } of ranges) for (let block = first; block < first + count; block++) yield block
}

/** @returns how many bytes the ranges are of a file of `size` bytes. */
export function bytesIn(ranges: readonly BlockRange[], size: number): number {
  let bytes = 0
  for (const { first, count } of ranges)
    bytes += (count - 1) * blockLength(size, 0) + blockLength(size, first + count - 1)
  return bytes
}

/**
 * @param blocks in ascending order.
 * @returns ranges that hold them all, `rangesMax` at the most: where they would be more, those that lie close together
 * are joined, with the blocks between them.
 */
export function rangesOf(blocks: Iterable<number>, rangesMax: number): BlockRange[] {
  const ranges: { first: number; count: number }[] = []
  for (const block of blocks) {
    const last = ranges.at(-1)
    if (last !== undefined && last.first + last.count === block) last.count++
    else ranges.push({ first: block, count: 1 })
  }
  let joined: readonly BlockRange[] = ranges
  for (let gapMax = 1; joined.length > rangesMax; gapMax *= 2) joined = joinedOver(joined, gapMax)
  return [...joined]
}

/** Joins ranges that at most `gapMax` blocks lie between. */
function joinedOver(ranges: readonly BlockRange[], gapMax: number): BlockRange[] {
  const joined: { first: number; count: number }[] = []
  for (const { first, count } of ranges) {
    const last = joined.at(-1)
    if (last !== undefined && first - (last.first + last.count) <= gapMax)
      last.count = first + count - last.first
    else joined.push({ first, count })
  }
  return joined
}
