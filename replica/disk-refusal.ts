/** What a coordinator is told when this node's disk refuses. Clause: protocol/README.md "Errors". */
import { asConcurError, ConcurError } from '../protocol/errors.ts'
import { DiskError } from './store/disk.ts'
import type { Store } from './store/store.ts'
import { noSpace } from './store/trouble.ts'

/** @returns an error of the table, whatever happened. */
export function diskRefusal(cause: unknown): ConcurError {
  if (noSpace(cause)) return new ConcurError('NO_SPACE', 'no space is left', { cause })
  if (cause instanceof DiskError)
    return new ConcurError('IO_ERROR', `the disk refuses (${cause.code})`, { cause })
  return asConcurError(cause)
}

/** @returns why the store takes nothing new, or null. */
export function fencedBecause({ fence, journal }: Pick<Store, 'fence' | 'journal'>): ConcurError | null {
  const reason = fence.reason ?? journal.failure?.message ?? null
  return reason === null ? null : new ConcurError('READ_ONLY', `this node takes no changes: ${reason}`)
}
