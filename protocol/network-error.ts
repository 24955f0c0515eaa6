/**
 * Why a connection could not be made or broke, in words that fit into a sentence. The system's error stays as the cause,
 * and its code on the error.
 */
const noTls = 'does not speak TLS'
const otherVersion = 'speaks another version of TLS'
const otherAuthority = 'its certificate is of another authority (CA)'

const words: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has ended',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: otherAuthority,
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
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ERR_SSL_SSLV3_ALERT_UNEXPECTED_MESSAGE: noTls,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: otherVersion,
  ERR_SSL_UNSUPPORTED_PROTOCOL: otherVersion,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate names others',
  ETIMEDOUT: 'the peer does not answer',
  INVALID_PURPOSE: 'its certificate is not that of a node',
  SELF_SIGNED_CERT_IN_CHAIN: otherAuthority,
  UNABLE_TO_GET_ISSUER_CERT: otherAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: otherAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: otherAuthority,
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
