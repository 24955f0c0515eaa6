/**
 * Why a connection could not be made or broke, in words that fit into a sentence. The system's error stays as the cause,
 * and its code on the error.
 */
const words: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'no such address',
  EAI_AGAIN: 'the name cannot be resolved now',
  ECONNABORTED: 'connection aborted',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the peer',
  EHOSTUNREACH: 'no route to the host',
  EMFILE: 'too many open files',
  ENETUNREACH: 'no route to the network',
  ENFILE: 'too many open files on this machine',
  ENOTFOUND: 'the name is unknown',
  EPIPE: 'the peer has closed the connection',
  ETIMEDOUT: 'the peer does not answer',
}

export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  /** The system's code, or '' where it gave none. */
  readonly code: string

  /** `cause`: what the system threw. A name with several addresses fails with one error for each; the last one counts. */
  constructor(cause: unknown) {
    const error = cause instanceof AggregateError ? (cause.errors.at(-1) ?? cause) : cause
    const { code, message } = error as NodeJS.ErrnoException
    super(words[code ?? ''] ?? message, { cause })
    this.code = code ?? ''
  }
}
