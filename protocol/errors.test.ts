import { asConcurError, ConcurError, errorCodeOf, errorCodes, errorNumber, isRetryable } from './errors.ts'

test('every code has a number of its own, and every number leads back to its code', () => {
  const numbers = errorCodes.map(errorNumber)
  expect(new Set(numbers).size).toBe(errorCodes.length)
  expect(numbers.map(errorCodeOf)).toEqual(errorCodes)
})

test('every number that is no code is none', () => {
  const known = new Set(errorCodes.map(errorNumber))
  const strangers = Array.from({ length: 0x1_0000 }, (_, number) => number).filter(
    number => !known.has(number),
  )
  expect(strangers.filter(number => errorCodeOf(number) !== null)).toEqual([])
})

test('0 is no code, and every number fits the wire', () => {
  expect(errorCodes.every(code => errorNumber(code) > 0 && errorNumber(code) <= 0xffff)).toBe(true)
})

test('numbers are never used again, so they stand here', () => {
  expect(Object.fromEntries(errorCodes.map(code => [code, errorNumber(code)]))).toEqual({
    NOT_FOUND: 1,
    UNREACHABLE: 2,
    ALREADY_EXISTS: 3,
    IS_DIRECTORY: 4,
    NOT_DIRECTORY: 5,
    NOT_A_FILE: 6,
    NOT_EMPTY: 7,
    BAD_PATH: 8,
    CONFLICT: 9,
    PRECONDITION_FAILED: 10,
    BAD_DIGEST: 11,
    LOCKED: 12,
    STALE_TOKEN: 13,
    TIMEOUT: 14,
    NO_SPACE: 15,
    READ_ONLY: 16,
    IO_ERROR: 17,
    CHANGED: 18,
    UNAUTHENTICATED: 19,
    FORBIDDEN: 20,
    TOO_LARGE: 21,
    BUSY: 22,
    BAD_FRAME: 23,
    UNSUPPORTED_VERSION: 24,
    NOT_COORDINATOR: 25,
    FENCED: 26,
    WRONG_CLUSTER: 27,
    ROLLED_BACK: 28,
    USAGE: 29,
    INTERNAL: 30,
  })
})

test('asking again can help where a node may come back, and not where the request is wrong', () => {
  expect(isRetryable('UNREACHABLE')).toBe(true)
  expect(isRetryable('CHANGED')).toBe(true)
  expect(isRetryable('BAD_PATH')).toBe(false)
  expect(isRetryable('NOT_FOUND')).toBe(false)
})

test('an error with a code stays as it is; any other becomes INTERNAL, says nothing of itself, and is the cause', () => {
  const known = new ConcurError('BUSY', 'too many')
  expect(asConcurError(known)).toBe(known)
  const cause = new TypeError('/srv/files is not a function')
  const unknown = asConcurError(cause)
  expect(unknown).toMatchObject({ code: 'INTERNAL', cause })
  expect(unknown.message).not.toContain('/srv')
  expect(asConcurError('a text').code).toBe('INTERNAL')
})
