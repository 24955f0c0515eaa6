/** What stops the settling of records, and whether it is worth trying again. */
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import { DiskError } from './disk.ts'

export interface Trouble {
  readonly error: ConcurError
  /** It may pass by itself: tried again now and then. */
  readonly isTemporary: boolean
  /** This node's own; else others could not give what is needed, which is no fault of this node. */
  readonly isOurs: boolean
}

const temporary = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR'])

export function noSpace(error: unknown): boolean {
  if (error instanceof ConcurError) return error.code === 'NO_SPACE'
  return error instanceof DiskError && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

export function troubleOf(cause: unknown): Trouble {
  if (noSpace(cause)) {
    const error = new ConcurError('NO_SPACE', 'no space is left to install what is committed', { cause })
    return { error, isTemporary: true, isOurs: true }
  }
  if (cause instanceof DiskError) {
    const error = new ConcurError('IO_ERROR', `what is committed cannot be installed (${cause.code})`, {
      cause,
    })
    return { error, isTemporary: temporary.has(cause.code), isOurs: true }
  }
  const isOthers = cause instanceof ConcurError && cause.code === 'UNREACHABLE'
  const error =
    cause instanceof ConcurError
      ? cause
      : new ConcurError('INTERNAL', 'what is committed cannot be installed', { cause })
  return { error, isTemporary: isOthers, isOurs: !isOthers }
}

/** @returns an error of the table for what the disk refuses somebody who waits for it, whatever happened. */
export function diskRefusal(cause: unknown): ConcurError {
  if (cause instanceof ConcurError) return cause
  if (noSpace(cause)) return new ConcurError('NO_SPACE', 'no space is left', { cause })
  if (cause instanceof DiskError)
    return new ConcurError('IO_ERROR', `the disk refuses (${cause.code})`, { cause })
  return asConcurError(cause)
}
