/** Why a store takes nothing new. Clause: protocol/README.md "Errors". */
import { ConcurError } from '../protocol/errors.ts'
import type { Store } from './store/store.ts'

/** @returns null when it does. */
export function fencedBecause({ fence, journal }: Pick<Store, 'fence' | 'journal'>): ConcurError | null {
  const reason = fence.reason ?? journal.failure?.message ?? null
  return reason === null ? null : new ConcurError('READ_ONLY', `this node takes no changes: ${reason}`)
}
