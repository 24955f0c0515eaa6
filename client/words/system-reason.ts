/** What the system says of a failed call, in its own words and without the call's name. */
import { getSystemErrorMap } from 'node:util'

/** @returns `permission denied`, `connection refused`, …; the message of an error that is not the system's. */
export function systemReason(error: unknown): string {
  if (!isErrorLike(error)) return String(error)
  const { errno, message } = error
  return (typeof errno === 'number' ? getSystemErrorMap().get(errno)?.[1] : undefined) ?? message
}

/** @returns the system's name for a failure, `ENOENT` for example, or null. */
export function systemCode(error: unknown): string | null {
  return (isErrorLike(error) ? error.code : undefined) ?? null
}

/** What another realm throws is no instance of ours. */
function isErrorLike(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'message' in error
}
