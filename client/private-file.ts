/** Files with secrets in them, and those that stand beside them. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { ConcurError } from '../protocol/errors.ts'
import { assertPrivate } from '../protocol/private-file.ts'
import { systemReason } from './words/system-reason.ts'

/** @param where the option and the file. @throws ConcurError USAGE where others may read it, or it cannot be read. */
export function readPrivateFile(file: string, where: string): string {
  let fd: number | null = null
  try {
    // A FIFO in its place would be waited for.
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = fstatSync(fd)
    assertPrivate({ isFile: stat.isFile(), mode: stat.mode, uid: stat.uid }, process.getuid!(), where)
    return readFileSync(fd, 'utf8')
  } catch (error) {
    throw error instanceof ConcurError ? error : unreadable(where, error)
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

/** @throws ConcurError USAGE. */
export function readOpenFile(file: string, where: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw unreadable(where, error)
  }
}

function unreadable(where: string, error: unknown): ConcurError {
  return new ConcurError('USAGE', `${where} cannot be read: ${systemReason(error)}`)
}
