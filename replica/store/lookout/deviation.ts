/**
 * Whether a path is what the records made of it, as far as can be said without reading a file. Pure. What the journal
 * never named is nobody's deviation: files that lay there before, and new ones, stay as they are.
 */
import type { Digest } from '../../../protocol/digest.ts'
import type { PathState } from '../path-index.ts'
import type { NoFile } from '../tree.ts'

/** How a path is otherwise than the journal says. `touched`: it may be, and is too long to be read for that. */
export const deviations = [
  'edited',
  'missing',
  'of another type',
  'there again',
  'unreadable',
  'touched',
] as const
export type Deviation = (typeof deviations)[number]

/** What lies at a path. `digest` null: not known without reading the file. */
export type Found = NoFile | { readonly is: 'file'; readonly size: number; readonly digest: Digest | null }

/** @returns null: it is as the journal says. `unknown`: the file would have to be read. */
export function deviationOf(state: PathState, found: Found): Deviation | 'unknown' | null {
  if (state.is === 'absent') return found.is === 'absent' || found.is === 'unreadable' ? null : 'there again'
  if (found.is === 'absent') return 'missing'
  if (found.is === 'unreadable') return 'unreadable'
  if (found.is !== state.is) return 'of another type'
  return found.is === 'file' && state.is === 'file' ? fileDeviation(state, found) : null
}

/** A file that was only ever moved through us may have any content. */
function fileDeviation(
  state: Extract<PathState, { is: 'file' }>,
  { size, digest }: Extract<Found, { is: 'file' }>,
): Deviation | 'unknown' | null {
  if (state.digest === null) return null
  if (state.size !== null && state.size !== size) return 'edited'
  if (digest === null) return 'unknown'
  return digest === state.digest ? null : 'edited'
}
