/** Standard output and standard error, as commands know them. */
import { systemCode } from '../words/system-reason.ts'
import type { StreamCalls } from './stream-calls.ts'
import { writeAtOnce } from './write-at-once.ts'

export interface Output {
  readonly isTerminal: boolean
  /**
   * @returns when the system has taken all of it; what is written meanwhile follows in order.
   * @throws ReaderGoneError; else the system's error.
   */
  write(content: string | Uint8Array): Promise<void>
}

/** Whoever read this output has closed it, as `head` does: there is nothing to say, and nobody to say it to. */
export class ReaderGoneError extends Error {}

export class DescriptorOutput implements Output {
  readonly isTerminal: boolean
  private readonly fd: number
  private readonly calls: StreamCalls
  private last: Promise<void> = Promise.resolve()

  constructor(fd: number, options: { isTerminal: boolean; calls: StreamCalls }) {
    this.fd = fd
    this.calls = options.calls
    this.isTerminal = options.isTerminal
  }

  write(content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    const written = this.last.then(() => this.writeNow(bytes))
    this.last = written.catch(() => {})
    return written
  }

  private async writeNow(bytes: Uint8Array): Promise<void> {
    const left = bytes.subarray(writeAtOnce(this.fd, bytes))
    try {
      if (left.length > 0) await this.calls.write(this.fd, left)
    } catch (error) {
      throw systemCode(error) === 'EPIPE'
        ? new ReaderGoneError('nobody reads this output', { cause: error })
        : error
    }
  }
}
