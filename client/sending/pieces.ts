/**
 * Reading from an open file that may make its reader wait: in a way that never holds up the end of the program, and that
 * others who have the same pipe open do not feel.
 */
import { constants, createReadStream, fstatSync, openSync, readlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { isatty, ReadStream as TerminalStream } from 'node:tty'
import type { Pieces } from './stream-source.ts'

const { O_NONBLOCK, O_RDONLY } = constants

/** `owned`: the descriptor is ours, and is closed. @throws the system's error. */
export function readPieces(fd: number, { owned }: { owned: boolean }): Pieces {
  const stream = streamOf(fd, owned)
  // Who takes the pieces is told of it; behind the last of them nobody minds.
  stream.on('error', () => {})
  return {
    [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>,
    close: () => void stream.destroy(),
  }
}

function streamOf(fd: number, owned: boolean): Readable {
  const found = fstatSync(fd)
  if (found.isFIFO()) return pipeOf(fd, owned)
  if (found.isSocket()) return new Socket({ fd, readable: true, writable: false })
  if (isatty(fd)) return new TerminalStream(fd)
  return createReadStream('', { fd, autoClose: owned })
}

/**
 * Whether a read waits is a property of what was opened: a pipe that others have open as well is opened once more, for us
 * alone. One with a name is not: of a writer that has gone already, a new opening would never hear.
 */
function pipeOf(fd: number, owned: boolean): Readable {
  return new Socket({ fd: (owned ? null : reopened(fd)) ?? fd, readable: true, writable: false })
}

function reopened(fd: number): number | null {
  const name = `/proc/self/fd/${fd}`
  try {
    return readlinkSync(name).startsWith('pipe:') ? openSync(name, O_RDONLY | O_NONBLOCK) : null
  } catch {
    // A pipe of another user's: it is read as it is.
    return null
  }
}
