/**
 * Which blocks of a content are found in files that this node has, by their digests: first those at the same place, where
 * an edited file keeps them, then those that an insertion of whole blocks has moved. Reads nothing: the digests are only
 * believed to be those of the files, so whoever follows this holds each block against its digest when it is read.
 */
import { digestBytes } from '../../protocol/limits.ts'

/** Blocks that are looked for at other places; for more of them it is not worth the memory. */
const elsewhereMax = 65_536
/** Comparisons between two pauses. */
const pauseAfter = 4096
/** Bytes of a digest that stand for all of it in a map; what has them in common by chance is told apart in full. */
const keyBytes = 6

export interface FoundBlock {
  /** Which block of the content it is. */
  readonly index: number
  /** Which of the sources has it, and as which of its blocks. */
  readonly source: number
  readonly block: number
}

export interface WantedBlocks {
  /** Of the content, 32 bytes a block. */
  readonly blockDigests: Buffer
  /** Asked anew for each block, as the caller gets on. */
  readonly isThere: (index: number) => boolean
}

/** @returns what is found, each as it is found; null: nothing for a while, and a good moment to let others work. */
export function* findBlocks(
  wanted: WantedBlocks,
  sources: readonly Buffer[],
): Generator<FoundBlock | null, void> {
  if (sources.length === 0) return
  yield* atTheSamePlace(wanted, sources)
  const rest = new Map<number, number[]>()
  if (yield* collectRest(wanted, rest)) yield* elsewhere(wanted, sources, rest)
}

function* atTheSamePlace(
  { blockDigests, isThere }: WantedBlocks,
  sources: readonly Buffer[],
): Generator<FoundBlock | null, void> {
  for (let index = 0; index < countOf(blockDigests); index++) {
    if (index % pauseAfter === pauseAfter - 1) yield null
    if (isThere(index)) continue
    const source = sources.findIndex(digests => isSame(digests, index, blockDigests, index))
    if (source >= 0) yield { index, source, block: index }
  }
}

/**
 * Fills `rest` with the blocks that are not there, by the beginning of their digest; those that begin alike are the same.
 * @returns false when there are too many.
 */
function* collectRest(
  { blockDigests, isThere }: WantedBlocks,
  rest: Map<number, number[]>,
): Generator<null, boolean> {
  let count = 0
  for (let index = 0; index < countOf(blockDigests); index++) {
    if (index % pauseAfter === pauseAfter - 1) yield null
    if (isThere(index)) continue
    if (++count > elsewhereMax) return false
    const key = keyOf(blockDigests, index)
    const others = rest.get(key)
    if (others === undefined) rest.set(key, [index])
    else if (isSame(blockDigests, others[0]!, blockDigests, index)) others.push(index)
  }
  return true
}

function* elsewhere(
  { blockDigests, isThere }: WantedBlocks,
  sources: readonly Buffer[],
  rest: Map<number, number[]>,
): Generator<FoundBlock | null, void> {
  for (const [source, digests] of sources.entries()) {
    for (let block = 0; block < countOf(digests) && rest.size > 0; block++) {
      if (block % pauseAfter === pauseAfter - 1) yield null
      const key = keyOf(digests, block)
      const alike = rest.get(key)
      if (alike === undefined || !isSame(digests, block, blockDigests, alike[0]!)) continue
      for (const index of alike) if (index !== block) yield { index, source, block }
      const left = alike.filter(index => !isThere(index))
      if (left.length > 0) rest.set(key, left)
      else rest.delete(key)
    }
  }
}

function countOf(blockDigests: Buffer): number {
  return blockDigests.length / digestBytes
}

function keyOf(blockDigests: Buffer, block: number): number {
  return blockDigests.readUIntBE(block * digestBytes, keyBytes)
}

/** Whether block `at` of one list is block `index` of the other. */
function isSame(digests: Buffer, at: number, others: Buffer, index: number): boolean {
  const begin = at * digestBytes
  const end = begin + digestBytes
  if (end > digests.length) return false
  return digests.compare(others, index * digestBytes, (index + 1) * digestBytes, begin, end) === 0
}
