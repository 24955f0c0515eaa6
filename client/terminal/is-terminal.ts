/** Whether a stream of the process is a terminal. */
import { fstatSync } from 'node:fs'

/** Only what may be a terminal is worth the time that `node:tty` takes to load. @param fd a closed one is none. */
export function isTerminal(fd: number): boolean {
  return isCharacterDevice(fd) && process.getBuiltinModule('node:tty').isatty(fd)
}

function isCharacterDevice(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice()
  } catch {
    return false
  }
}
