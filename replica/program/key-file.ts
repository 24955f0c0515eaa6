/** The file with the secrets of a cluster, as a server reads it: once, when it starts. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { getSystemErrorMap } from 'node:util'
import { ConcurError } from '../../protocol/errors.ts'
import { type KeyRing, parseKeyRing } from '../../protocol/key-ring.ts'
import { assertPrivate } from '../../protocol/private-file.ts'

/** @throws ConcurError USAGE in one sentence that never shows what stands in the file. */
export function readKeyFile(file: string): KeyRing {
  const where = `--token-file ${JSON.stringify(file)}`
  return parseKeyRing(readPrivateFile(file, where), where)
}

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
    if (error instanceof ConcurError) throw error
    throw new ConcurError('USAGE', `${where} cannot be read: ${reasonOf(error as NodeJS.ErrnoException)}`)
  } finally {
    if (fd !== null) closeSync(fd)
  }
}

function reasonOf({ errno, message }: NodeJS.ErrnoException): string {
  return getSystemErrorMap().get(errno ?? 0)?.[1] ?? message
}
