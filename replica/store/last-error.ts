/** What the system said of a call through koffi that failed. */
import koffi from 'koffi'
import { DiskError } from './disk.ts'

const names = new Map(Object.entries(koffi.os.errno).map(([name, number]) => [number, name]))
// It has a second name, EWOULDBLOCK.
names.set(koffi.os.errno.EAGAIN!, 'EAGAIN')

/** @returns the error of the call just made. @param call its name. */
export function lastError(call: string): DiskError {
  const errno = koffi.errno()
  if (errno === koffi.os.errno.ENOENT) return DiskError.withoutTrace('ENOENT', call)
  return new DiskError(names.get(errno) ?? `errno ${errno}`, call)
}
