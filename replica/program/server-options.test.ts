import { ConcurError } from '../../protocol/errors.ts'
import { readOptions } from '../../protocol/options.ts'
import { nodeNameOfHost, serverConfig, serverOptions, speaksText, tlsFiles } from './server-options.ts'

const table = serverOptions({ listen: '127.0.0.1:6002', hostName: 'Server1.lan' })

function config(argv: Record<string, unknown>) {
  return serverConfig(readOptions(table, { argv: { root: '/srv', ...argv }, environment: {}, config: null }))
}

test('a server listens on loopback, under the short name of its host', () => {
  expect(config({})).toEqual({
    root: '/srv',
    name: 'server1',
    listen: { host: '127.0.0.1', port: 6002 },
    connectionsMax: 12_000,
  })
})

test('the root is absolute, whatever the working folder becomes', () => {
  expect(config({ root: 'data' }).root).toBe(`${process.cwd()}/data`)
})

test.each(['0.0.0.0:6002', '[::]:6002', '192.168.1.102:6002', 'server2:6002'])(
  'to listen on %s needs --token-file or --insecure',
  listen => {
    const sentence = `--listen must be a loopback address such as 127.0.0.1 unless --token-file or --insecure is given, not "${listen}"`
    expect(() => config({ listen })).toThrow(new ConcurError('USAGE', sentence))
    expect(config({ listen, insecure: true }).listen.port).toBe(6002)
    expect(config({ listen, 'token-file': 'keys' }).listen.port).toBe(6002)
  },
)

test.each(['[::1]:0', 'localhost:6002', '127.8.8.8:1'])('to listen on %s does not', listen => {
  expect(() => config({ listen })).not.toThrow()
})

test.each([
  ['server1', 'server1'],
  ['Server1.example.org', 'server1'],
  ['my_host', 'my-host'],
  ['--odd--', 'odd'],
  [`${'a'.repeat(31)}-b`, 'a'.repeat(31)],
  ['rechner-übung', 'rechner-bung'],
  ['サーバ', 'node'],
  ['.local', 'node'],
  ['', 'node'],
])('a host called %j is the node %s', (hostName, name) => {
  expect(nodeNameOfHost(hostName)).toBe(name)
})

function values(argv: Record<string, unknown>) {
  return readOptions(table, { argv: { root: '/srv', ...argv }, environment: {}, config: null })
}

const tls = { 'tls-cert': 'c', 'tls-key': 'k', 'tls-ca': 'a' }

test('plain text is spoken as the server likes it, or as it is said', () => {
  for (const usual of [true, false]) {
    expect(speaksText({ ...values({}), text: null }, usual)).toBe(usual)
    expect(speaksText({ ...values({}), text: !usual }, usual)).toBe(!usual)
  }
})

test.each([
  ['token-file', { 'token-file': 'keys' }],
  ['tls-ca', tls],
])('with --%s no plain text is spoken, and --text is refused', (name, argv) => {
  expect(speaksText({ ...values(argv), text: null }, true)).toBe(false)
  expect(speaksText({ ...values(argv), text: false }, true)).toBe(false)
  expect(() => speaksText({ ...values(argv), text: true }, true)).toThrow(
    `--text: plain-text reads prove nothing; not together with --${name}`,
  )
})

test('the three files of TLS come together, or none of them', () => {
  expect(tlsFiles(values({}))).toBeNull()
  expect(tlsFiles(values(tls))).toEqual({ cert: 'c', key: 'k', ca: 'a' })
  for (const left of Object.keys(tls)) {
    expect(() => tlsFiles(values({ ...tls, [left]: undefined }))).toThrow(
      'are given together, or none of them',
    )
  }
})
