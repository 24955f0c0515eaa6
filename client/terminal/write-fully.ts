/** Bytes into an open file, all of them: a call to the system may take less than it is given, or nothing just now. */
import { write, writeSync } from 'node:fs'
import { systemCode } from '../words/system-reason.ts'

/** Calls `goOn` later. */
export type WhenBusy = (goOn: () => void) => void

/**
 * Waits in a thread of the system's, so that whoever does not read our output stops nobody else.
 * @param at the place in the file in bytes, or null for whatever comes next (a pipe, a terminal).
 * @param whenBusy for a descriptor that may take nothing just now, because somebody else made it non-blocking.
 * @throws the system's error.
 */
export function writeFully(
  fd: number,
  bytes: Uint8Array,
  at: number | null,
  whenBusy: WhenBusy | null = null,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let done = 0
    const goOn = (): void => {
      write(fd, bytes, done, bytes.length - done, at === null ? null : at + done, (error, written) => {
        if (whenBusy !== null && error !== null && systemCode(error) === 'EAGAIN') return whenBusy(goOn)
        if (error !== null) return reject(error)
        done += written
        if (done === bytes.length) resolve()
        else goOn()
      })
    }
    if (bytes.length === 0) resolve()
    else goOn()
  })
}

/** As writeFully, within the call: for a regular file, and few bytes. @throws the system's error. */
export function writeFullyNow(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done)
}
