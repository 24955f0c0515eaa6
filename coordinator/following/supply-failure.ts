/**
 * What becomes of a record's bytes when supplying them went wrong. Pure. That nobody has them is said only when it is
 * so: the replica then keeps what its disk has for good. A file that moved, or blocks that are not what they were, may be
 * found elsewhere, so they are tried once more. Clauses: protocol/README.md "SUPPLY", "FOLLOW" (bytes).
 */
import type { ErrorCode } from '../../protocol/errors.ts'

/** `end`: this replica cannot go on now, and the next link begins with it. */
export type AfterFailure = 'done' | 'again' | 'lost' | 'end'

const triesMax = 2

/** `by`: who failed. `tries`: how many there have been. */
export function afterFailure(failed: {
  by: 'replica' | 'here'
  code: ErrorCode
  tries: number
}): AfterFailure {
  const { by, code, tries } = failed
  if (code === 'NOT_FOUND') return by === 'replica' ? 'done' : 'lost'
  const isOfTheBytes = code === 'BAD_DIGEST' || (by === 'here' && (code === 'CHANGED' || code === 'IO_ERROR'))
  if (!isOfTheBytes) return 'end'
  return tries < triesMax ? 'again' : 'lost'
}
