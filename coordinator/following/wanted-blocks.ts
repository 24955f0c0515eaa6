/** The blocks that a replica wants of a file. Pure. Clause: protocol/README.md "SUPPLY". */
import { ConcurError } from '../../protocol/errors.ts'

export interface BlockRange {
  readonly first: number
  readonly count: number
}

/** @throws ConcurError BAD_FRAME when they do not ascend, overlap, or lie behind the end of a file of `blocks` blocks. */
export function assertWanted(ranges: readonly BlockRange[], blocks: number): void {
  let end = 0
  for (const { first, count } of ranges) {
    if (first < end || count === 0 || first + count > blocks)
      throw new ConcurError('BAD_FRAME', `WANTED with ${count} blocks from block ${first}, of ${blocks}`)
    end = first + count
  }
}

/** @returns whether each block is wanted, asked in ascending order. */
export function wantedOnes(ranges: readonly BlockRange[]): (block: number) => boolean {
  let at = 0
  return block => {
    while (at < ranges.length && block >= ranges[at]!.first + ranges[at]!.count) at++
    return at < ranges.length && block >= ranges[at]!.first
  }
}

/** @returns the last block that is wanted, or null where none is. */
export function lastWanted(ranges: readonly BlockRange[]): number | null {
  const range = ranges.at(-1)
  return range === undefined ? null : range.first + range.count - 1
}
