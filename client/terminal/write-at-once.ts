/**
 * A few bytes to a file, pipe or terminal that takes them now: that is over before a thread has started that could wait.
 * Never waits itself. Whether a write waits is a property of what was opened, and others share our outputs: so a pipe
 * or terminal is opened once more, for this write alone.
 */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'

/** So much a pipe takes as a whole or not at all. */
const atOnceBytesMax = 4096

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

function writeWithoutWaiting(fd: number, bytes: Uint8Array): number {
  const own = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
  try {
    return writeSync(own, bytes)
  } finally {
    closeSync(own)
  }
}
