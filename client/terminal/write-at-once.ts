/**
 * A few bytes to a file, pipe or terminal that takes them now: that is over before a thread has started that could wait.
 * Never waits itself. Whether a write waits is a property of what was opened, and others share our outputs: so a pipe
 * or terminal is opened once more, for this write alone.
 */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'

/** So much a pipe takes as a whole or not at all. */
export const atOnceBytesMax = 4096

const { O_NOCTTY, O_NONBLOCK, O_WRONLY } = constants

/** @returns how many of the bytes were taken; 0 as well where it cannot be told beforehand, or went wrong. */
export function writeAtOnce(fd: number, bytes: Uint8Array): number {
  if (bytes.length > atOnceBytesMax) return 0
  try {
    return fstatSync(fd).isFile() ? writeSync(fd, bytes) : writeWithoutWaiting(fd, bytes)
  } catch {
    return 0
  }
}

/** Opens a device or FIFO for writes that do not wait. @throws the system's error, ENXIO where nobody reads the FIFO. */
export function openWithoutWaiting(path: string): number {
  return openSync(path, O_WRONLY | O_NONBLOCK | O_NOCTTY)
}

function writeWithoutWaiting(fd: number, bytes: Uint8Array): number {
  const own = openWithoutWaiting(`/proc/self/fd/${fd}`)
  try {
    return writeSync(own, bytes)
  } finally {
    closeSync(own)
  }
}
