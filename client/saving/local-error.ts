/** What went wrong on this machine's disk, as an error that can be told. */
import { ConcurError } from '../../protocol/errors.ts'
import { systemCode, systemReason } from '../words/system-reason.ts'

/** @returns NO_SPACE or IO_ERROR, in a sentence about `shown`, the file's name as the person knows it. */
export function localError(error: unknown, shown: string): ConcurError {
  if (error instanceof ConcurError) return error
  const code = systemCode(error)
  const kind = code === 'ENOSPC' || code === 'EDQUOT' ? 'NO_SPACE' : 'IO_ERROR'
  return notSaved(shown, systemReason(error), kind, error)
}

/** @returns the refusal to save as `shown`. */
export function notSaved(
  shown: string,
  reason: string,
  code: 'IO_ERROR' | 'NO_SPACE' = 'IO_ERROR',
  cause?: unknown,
): ConcurError {
  return new ConcurError(code, `cannot be saved as ${shown}: ${reason}`, { cause })
}
