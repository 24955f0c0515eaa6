/**
 * What the journal asks of the disk, in order, and what a failure of it means. A procedure on files is written once,
 * as a generator that yields what must be on the disk before it goes on: it runs at once while a journal is opened,
 * and beside everything else later.
 */
import { ConcurError } from '../../../protocol/errors.ts'
import { type Disk, DiskError, type Fd } from '../disk.ts'

/** The calls that a journal makes. */
export type JournalDisk = Pick<
  Disk,
  | 'openBeneath'
  | 'readNames'
  | 'stat'
  | 'read'
  | 'freeBytes'
  | 'close'
  | 'makeFolder'
  | 'openOwn'
  | 'write'
  | 'truncate'
  | 'flush'
  | 'rename'
  | 'remove'
  | 'writeSoon'
  | 'flushSoon'
  | 'flushDataSoon'
>

/** @returns what may be filled; a disk that does not say is taken to be large: a full one will show. */
export function freeBytesOf(disk: JournalDisk, folder: Fd): number {
  try {
    return disk.freeBytes(folder)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** Yields each descriptor that must be flushed before the next step. */
export type Steps = Generator<Fd, void, void>

/** A flush that failed: nobody knows any more what is on the disk, and asking again would not tell. */
class FlushFailed extends Error {
  override readonly name = 'FlushFailed'
}

export function runNow(disk: JournalDisk, steps: Steps): void {
  for (const fd of steps) disk.flush(fd)
}

export async function runSoon(disk: JournalDisk, steps: Steps): Promise<void> {
  for (const fd of steps) await flushed(disk.flushSoon(fd))
}

/** Marks the failure of a flush as one. */
export async function flushed(flush: Promise<void>): Promise<void> {
  try {
    await flush
  } catch (error) {
    throw new FlushFailed('a flush failed', { cause: error })
  }
}

export interface Failure {
  /** What those who wait are told. */
  readonly error: ConcurError
  /** Whether nothing may be written any more. */
  readonly isFinal: boolean
}

const noSpace = new Set(['ENOSPC', 'EDQUOT'])
/** No descriptor, no memory: nothing was asked of the disk yet. */
const noMeans = new Set(['EMFILE', 'ENFILE', 'ENOMEM'])

export function failureOf(error: unknown): Failure {
  const code = error instanceof DiskError ? error.code : null
  const cause = { cause: error }
  if (code !== null && noSpace.has(code))
    return { error: new ConcurError('NO_SPACE', 'no space is left for the journal', cause), isFinal: false }
  if (code !== null && noMeans.has(code))
    return {
      error: new ConcurError('IO_ERROR', `the journal cannot be opened (${code})`, cause),
      isFinal: false,
    }
  return {
    error: new ConcurError('IO_ERROR', 'the journal cannot be written any more', cause),
    isFinal: true,
  }
}
