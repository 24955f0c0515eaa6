/** Whether a file with a secret in it is one that nobody else can read or has put there. Pure. */
import { ConcurError } from './errors.ts'

export interface FileOwnership {
  readonly isFile: boolean
  /** The permission bits. */
  readonly mode: number
  readonly uid: number
}

const root = 0

/**
 * @param where the option and the file, for the sentence.
 * @param uid of this process.
 * @throws ConcurError USAGE for what is no file, and for a file that others may read or write, or own.
 */
export function assertPrivate({ isFile, mode, uid: owner }: FileOwnership, uid: number, where: string): void {
  if (!isFile) throw new ConcurError('USAGE', `${where} is not a file`)
  if ((mode & 0o077) !== 0) {
    const bits = (mode & 0o777).toString(8).padStart(4, '0')
    throw new ConcurError('USAGE', `${where} can be read by others (mode ${bits}): chmod 600 it`)
  }
  if (owner !== uid && owner !== root && uid !== root)
    throw new ConcurError('USAGE', `${where} belongs to somebody else (user id ${owner})`)
}
