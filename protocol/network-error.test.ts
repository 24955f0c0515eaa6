import { NetworkError } from './network-error.ts'

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 127.0.0.1:6001`), { code })
}

test("a reason that people meet is in words, with the system's code and error kept", () => {
  const cause = systemError('ECONNREFUSED')
  expect(new NetworkError(cause)).toMatchObject({
    message: 'connection refused',
    code: 'ECONNREFUSED',
    cause,
  })
})

test('of a name with several addresses the last error counts', () => {
  const cause = new AggregateError([systemError('ENETUNREACH'), systemError('ECONNREFUSED')])
  expect(new NetworkError(cause)).toMatchObject({ message: 'connection refused', code: 'ECONNREFUSED' })
  expect(new NetworkError(new AggregateError([], 'nothing')).message).toBe('nothing')
})

test('any other reason is told as it is', () => {
  expect(new NetworkError(new Error('no connection within 1s'))).toMatchObject({
    message: 'no connection within 1s',
    code: '',
  })
  expect(new NetworkError(systemError('EPROTO')).message).toBe('connect EPROTO 127.0.0.1:6001')
})
