import { listenRefusal } from './listen-refusal.ts'

const listen = { host: '::1', port: 80 }

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(code), { code, syscall })
}

test.each([
  [
    'EADDRINUSE',
    'listen',
    '--listen must be on a port that no other program has taken (port 0 takes a free one), not "[::1]:80"',
  ],
  ['EADDRNOTAVAIL', 'listen', '--listen must be an address of this host, not "[::1]:80"'],
  ['ENOTFOUND', 'getaddrinfo', '--listen must be an address of this host, not "[::1]:80"'],
  ['EACCES', 'listen', '--listen must be on a port that this user may take, from 1024 on, not "[::1]:80"'],
])('%s is one sentence', (code, syscall, sentence) => {
  expect(listenRefusal(systemError(code, syscall), listen)).toBe(sentence)
})

test('an error of another call, or one that nobody thought of, is none', () => {
  expect(listenRefusal(systemError('EACCES', 'open'), listen)).toBeNull()
  expect(listenRefusal(systemError('ENOMEM', 'listen'), listen)).toBeNull()
  expect(listenRefusal(new Error('something'), listen)).toBeNull()
})
