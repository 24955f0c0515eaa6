/** The conditions that every change takes. */

import type { AckLevel } from '../../protocol/change-messages.ts'
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Wish } from '../sending/wish.ts'

export interface ConditionOptions {
  readonly 'if-match': Digest | null
  readonly 'if-absent': boolean
  readonly ack: AckLevel | null
  /** The token of a lock. */
  readonly fence: number | null
}

/** @throws ConcurError USAGE. */
export function conditionsOf(options: ConditionOptions): Omit<Wish, 'what'> {
  const { 'if-match': ifMatch, 'if-absent': ifAbsent, ack, fence } = options
  if (ifMatch !== null && ifAbsent)
    throw new ConcurError('USAGE', '--if-match and --if-absent exclude each other')
  return { ifMatch, ifAbsent, ack, fence }
}
