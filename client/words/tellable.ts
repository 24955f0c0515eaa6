/** Whatever was thrown, as an error that can be told. */
import { ConcurError } from '../../protocol/errors.ts'
import { systemCode, systemReason } from './system-reason.ts'

/** @returns an error with a code and a sentence, whatever was thrown. */
export function tellable(error: unknown): ConcurError {
  if (error instanceof ConcurError) return error
  const code = systemCode(error)
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new ConcurError('NO_SPACE', systemReason(error), { cause: error })
  if (code !== null) return new ConcurError('IO_ERROR', systemReason(error), { cause: error })
  return new ConcurError('INTERNAL', `an error inside the client: ${systemReason(error)}`, { cause: error })
}
