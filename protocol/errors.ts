/**
 * The one table of errors. A code has a number on the wire that is never used again, and says whether asking
 * once more can help. The peer sees the code and one sentence; the cause stays with the node that met it.
 * Clause: README.md "Errors".
 */
const table = {
  NOT_FOUND: { number: 1, retryable: false },
  UNREACHABLE: { number: 2, retryable: true },
  ALREADY_EXISTS: { number: 3, retryable: false },
  IS_DIRECTORY: { number: 4, retryable: false },
  NOT_DIRECTORY: { number: 5, retryable: false },
  NOT_A_FILE: { number: 6, retryable: false },
  NOT_EMPTY: { number: 7, retryable: false },
  BAD_PATH: { number: 8, retryable: false },
  CONFLICT: { number: 9, retryable: false },
  PRECONDITION_FAILED: { number: 10, retryable: false },
  BAD_DIGEST: { number: 11, retryable: true },
  LOCKED: { number: 12, retryable: true },
  STALE_TOKEN: { number: 13, retryable: false },
  TIMEOUT: { number: 14, retryable: true },
  NO_SPACE: { number: 15, retryable: true },
  READ_ONLY: { number: 16, retryable: false },
  IO_ERROR: { number: 17, retryable: false },
  CHANGED: { number: 18, retryable: true },
  UNAUTHENTICATED: { number: 19, retryable: false },
  FORBIDDEN: { number: 20, retryable: false },
  TOO_LARGE: { number: 21, retryable: false },
  BUSY: { number: 22, retryable: true },
  BAD_FRAME: { number: 23, retryable: false },
  UNSUPPORTED_VERSION: { number: 24, retryable: false },
  NOT_COORDINATOR: { number: 25, retryable: false },
  FENCED: { number: 26, retryable: false },
  WRONG_CLUSTER: { number: 27, retryable: false },
  ROLLED_BACK: { number: 28, retryable: false },
  USAGE: { number: 29, retryable: false },
  INTERNAL: { number: 30, retryable: false },
} as const satisfies Record<string, { number: number; retryable: boolean }>

export type ErrorCode = keyof typeof table

export const errorCodes = Object.keys(table) as ErrorCode[]

/** @returns the code's number on the wire. */
export function errorNumber(code: ErrorCode): number {
  return table[code].number
}

/** @returns the code, or null for a number that this version does not know. */
export function errorCodeOf(number: number): ErrorCode | null {
  return errorCodes.find(code => table[code].number === number) ?? null
}

/** Whether the same request may succeed later without anybody doing anything. */
export function isRetryable(code: ErrorCode): boolean {
  return table[code].retryable
}

/** What goes wrong and has a code. `message` is one sentence for a person, without stack or server folder. */
export class ConcurError extends Error {
  override readonly name = 'ConcurError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/** @returns `error` itself where it has a code, else INTERNAL with the original as its cause. */
export function asConcurError(error: unknown): ConcurError {
  if (error instanceof ConcurError) return error
  return new ConcurError('INTERNAL', 'an error inside the program; its log has the cause', { cause: error })
}
