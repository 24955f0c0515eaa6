/** Standard error as a place for batches of log lines. */
import { fstatSync, write, writeSync } from 'node:fs'

export interface LogSink {
  /** `onDone` comes later, never during the call; null where all of it was written. */
  write(batch: string, onDone: (error: Error | null) => void): void
  /** Writes what goes without waiting, and tells nobody what did not. */
  writeNow(batch: string): void
}

/**
 * A file is written by the thread pool. Pipes, sockets and terminals are not: a write to a full one would hold a thread,
 * and with it the end of the process, for as long as nobody reads. Node's own stream waits for those without a thread.
 */
export function standardErrorSink(process: NodeJS.Process): LogSink {
  const { stderr } = process
  return fstatSync(stderr.fd).isFile() ? fileSink(stderr.fd) : streamSink(stderr)
}

export function streamSink(stream: NodeJS.WritableStream): LogSink {
  // Who reads the log has gone: every write is told so as well.
  stream.on('error', () => {})
  return {
    write: (batch, onDone) => void stream.write(batch, error => onDone(error ?? null)),
    writeNow: batch => void stream.write(batch),
  }
}

export function fileSink(fd: number): LogSink {
  return {
    write: (batch, onDone) => writeAll(fd, Buffer.from(batch), onDone),
    writeNow(batch) {
      try {
        for (let rest = Buffer.from(batch); rest.length > 0; ) rest = rest.subarray(writeSync(fd, rest))
      } catch {
        // The process ends; there is nowhere left to say it.
      }
    },
  }
}

function writeAll(fd: number, bytes: Buffer, onDone: (error: Error | null) => void): void {
  write(fd, bytes, (error, count) => {
    if (error !== null) onDone(error)
    else if (count === bytes.length) onDone(null)
    else writeAll(fd, bytes.subarray(count), onDone)
  })
}
