import { addressText, isLoopbackHost, parseAddress, plainHost } from './addresses.ts'

test.each([
  ['127.0.0.1:6001', '127.0.0.1', 6001],
  ['server1:6001', 'server1', 6001],
  ['Server-1.lan.example:1', 'Server-1.lan.example', 1],
  ['my_host:65535', 'my_host', 65535],
  ['[::1]:6001', '::1', 6001],
  ['[fe80::1%eth0]:6001', 'fe80::1%eth0', 6001],
  ['[::ffff:1.2.3.4]:80', '::ffff:1.2.3.4', 80],
])('%s is a host and a port, and is shown as it was typed', (text, host, port) => {
  expect(parseAddress(text, { portMin: 1 })).toEqual({ host, port })
  expect(addressText({ host, port })).toBe(text)
})

test.each([
  '',
  'server1',
  ':6001',
  'server1:',
  'server1:0',
  'server1:65536',
  'server1:06001',
  'server1:1e3',
  'server1:-1',
  'server1:6001 ',
  'server1:6001\n',
  'ser ver:6001',
  'server1:6001:6002',
  '::1:6001',
  '[::1]',
  '[::1:6001',
  '[server1]:6001',
  '[]:6001',
  '256.1.1.1:80',
  '1.2.3:80',
  '127.0.0.01:80',
  '-server:80',
  'server-:80',
  'a..b:80',
  '.a:80',
  'http://server1:80',
  'user@server1:80',
  `${'a'.repeat(64)}:80`,
  `${'a.'.repeat(127)}a:80`,
])('%j is no address to dial', text => {
  expect(parseAddress(text, { portMin: 1 })).toBeNull()
})

test('port 0 is one to listen on', () => {
  expect(parseAddress('127.0.0.1:0', { portMin: 0 })).toEqual({ host: '127.0.0.1', port: 0 })
})

test.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'])(
  '%s is loopback',
  host => {
    expect(isLoopbackHost(host)).toBe(true)
  },
)

test.each([
  '0.0.0.0',
  '::',
  '192.168.1.101',
  'server1',
  'localhost.example',
  '127.example',
  '::ffff:10.0.0.1',
])('%s is not loopback', host => {
  expect(isLoopbackHost(host)).toBe(false)
})

test.each([
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['::FFFF:1.2.3.4', '1.2.3.4'],
  ['1.2.3.4', '1.2.3.4'],
  ['::ffff:0:1', '::ffff:0:1'],
  ['::1', '::1'],
])('%s is shown as %s', (host, shown) => {
  expect(plainHost(host)).toBe(shown)
})
