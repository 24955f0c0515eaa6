/**
 * Whether a replica may follow a coordinator from a record on: pure functions of what each of them knows, in the order
 * in which it is asked. What is promised in between stands, whatever the second answer is.
 * Clause: protocol/README.md "FOLLOW", "The beginning".
 */
import type { Follow } from '../../protocol/change-messages.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { RecordHash } from '../../protocol/ids.ts'
import { type Epoch, noHash } from '../../protocol/record.ts'

export interface OwnJournal {
  /** What this node knows to be committed. */
  readonly committedSeq: number
  readonly lastSeq: number
  /** @returns the hash of a record of this journal, or null where there is none. */
  hashAt(seq: number): RecordHash | null
}

/** `promised`: the highest term that this node has promised to follow; null: none yet. @returns null, or FENCED. */
export function fencedBy(promised: Epoch | null, epoch: Epoch): ConcurError | null {
  if (promised === null || epoch.number > promised.number) return null
  if (epoch.number === promised.number && epoch.incarnation === promised.incarnation) return null
  const other = epoch.number === promised.number ? 'another coordinator’s' : `not ${epoch.number}`
  return new ConcurError('FENCED', `has promised to follow epoch ${promised.number}, ${other}`)
}

/** @returns null, or why this journal does not go on from there: CONFLICT, ROLLED_BACK. */
export function refusalOf({ afterSeq, afterHash }: Follow, own: OwnJournal): ConcurError | null {
  const { committedSeq, lastSeq } = own
  const hash = afterSeq === 0 ? noHash : own.hashAt(afterSeq)
  if (hash === null)
    return new ConcurError('CONFLICT', `has no record ${afterSeq}; its journal ends at ${lastSeq}`)
  if (hash !== afterHash) return forkedAt(afterSeq)
  if (committedSeq > afterSeq)
    return new ConcurError(
      'ROLLED_BACK',
      `knows of changes up to seq ${committedSeq} that the coordinator lacks`,
    )
  return null
}

export function forkedAt(seq: number): ConcurError {
  return new ConcurError('CONFLICT', `forked at seq ${seq}`)
}
