/**
 * Whether a replica may follow a coordinator from a record on: a pure function of what each of them knows, in the order in
 * which it is asked. Clause: protocol/README.md "FOLLOW", "The beginning".
 */
import type { Follow } from '../../protocol/change-messages.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { RecordHash } from '../../protocol/ids.ts'
import { type Epoch, noHash } from '../../protocol/record.ts'

export interface Own {
  /** The highest term that this node has promised to follow; null: none yet. */
  readonly promised: Epoch | null
  /** What this node knows to be committed. */
  readonly committedSeq: number
  readonly lastSeq: number
  /** @returns the hash of a record of this journal, or null where there is none. */
  hashAt(seq: number): RecordHash | null
}

/** @returns null, or why not. */
export function refusalOf({ epoch, afterSeq, afterHash }: Follow, own: Own): ConcurError | null {
  const { promised, committedSeq, lastSeq } = own
  if (promised !== null && isFenced(epoch, promised))
    return new ConcurError('FENCED', `has promised to follow epoch ${promised.number}, not ${epoch.number}`)
  const hash = afterSeq === 0 ? noHash : own.hashAt(afterSeq)
  if (hash !== afterHash)
    return new ConcurError(
      'CONFLICT',
      hash === null
        ? `has no record ${afterSeq}; its journal ends at ${lastSeq}`
        : `forked at seq ${afterSeq}`,
    )
  if (committedSeq > afterSeq)
    return new ConcurError(
      'ROLLED_BACK',
      `knows of changes up to seq ${committedSeq} that the coordinator lacks`,
    )
  return null
}

function isFenced(epoch: Epoch, promised: Epoch): boolean {
  if (epoch.number !== promised.number) return epoch.number < promised.number
  return epoch.incarnation !== promised.incarnation
}
