/**
 * What a refusal of the system means for a record: the path cannot be installed, which is kept with its reason; or it
 * changed under us and is looked at again; or the disk is in trouble, which is none of the path's.
 */
import type { Copy } from '../../../protocol/copies.ts'
import { DiskError } from '../disk.ts'

/** Refusals that are about this path, each as a reason for a person. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'the server may not write there (EACCES)',
  EPERM: 'the server may not do that there (EPERM)',
  EROFS: 'the file system there is read-only (EROFS)',
  ENAMETOOLONG: 'the name is too long for this file system (ENAMETOOLONG)',
  ENOTDIR: 'a file stands where a folder is needed',
  EISDIR: 'a folder stands there',
  ELOOP: 'a link is on the way',
  EXDEV: 'another file system is mounted there',
  EBUSY: 'the system keeps it for something else (EBUSY)',
  ETXTBSY: 'a program runs from it (ETXTBSY)',
  EMLINK: 'the folder is full (EMLINK)',
  EFBIG: 'this file system takes no file of that size (EFBIG)',
  EILSEQ: 'this file system takes no such name (EILSEQ)',
}

/** @returns why the path is kept back, or null when the refusal is not about the path. */
export function reasonOf(error: unknown): string | null {
  return error instanceof DiskError ? (reasons[error.code] ?? null) : null
}

/** Whether a name came or went since it was looked at. */
export function hasMoved(error: unknown): boolean {
  return error instanceof DiskError && (error.code === 'ENOENT' || error.code === 'EEXIST')
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof DiskError && error.code === code
}

/** @returns why a copy is kept that the record does not expect. */
export function reasonForCopy(copy: Copy): string {
  if (copy.is === 'file') return copy.rotten ? rotten : changedHere
  if (copy.is === 'folder') return 'a folder stands there'
  if (copy.is === 'other') return `a ${copy.what} stands there`
  return copy.is === 'absent' ? 'it is not there' : copy.reason
}

/** Whether something was in the way that may go, and not a file of somebody's. */
export function isObstacle(reason: string): boolean {
  return ![changedHere, rotten, keepsChanging].includes(reason)
}

const changedHere = 'it was changed on this disk'
export const rotten = 'its bytes have rotted on this disk'
export const keepsChanging = 'it keeps changing'
/** How often something is looked at anew that changed under us. */
export const triesMax = 16
