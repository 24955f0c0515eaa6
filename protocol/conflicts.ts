/**
 * How many paths lie otherwise than the journal says, over all nodes, as far as that is known without asking anybody. Each
 * node tells how many there are on its disk, and names some of them, so that a path which two nodes name is counted once.
 * Clause: README.md "STATUS".
 */
import { blake3Library } from './blake3.ts'
import type { FilePath } from './path.ts'

/** What a node says of its marked paths. */
export interface Marked {
  /** None: it does not know yet, or nobody knows what it says. */
  readonly marks: number | null
  /** Some of them, by their names. */
  readonly marked: readonly number[]
}

/** @returns the first four bytes of the path's BLAKE3, as a number. */
export function markedName(path: FilePath): number {
  return blake3Library().blake3(path).readUInt32BE(0)
}

/** @returns null when none is known of, and some node does not know its own. */
export function conflictsOf(nodes: readonly Marked[]): number | null {
  const names = new Set(nodes.flatMap(({ marked }) => marked))
  let unnamed = 0
  for (const { marks, marked } of nodes) unnamed += Math.max(0, (marks ?? 0) - marked.length)
  const known = names.size + unnamed
  return known > 0 || nodes.every(({ marks }) => marks !== null) ? known : null
}
