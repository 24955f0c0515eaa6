/** What hindered the reading of something of this machine's, as an error that can be told. */
import { ConcurError } from '../../protocol/errors.ts'
import { systemReason } from '../words/system-reason.ts'

/** @returns IO_ERROR in a sentence about `shown`, as the person calls it; an error with a code as it is. */
export function unreadable(error: unknown, shown: string): ConcurError {
  if (error instanceof ConcurError) return error
  return new ConcurError('IO_ERROR', `cannot read ${shown}: ${systemReason(error)}`, { cause: error })
}
