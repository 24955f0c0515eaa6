import { parseClientId, parseClusterId, parseNodeId, parseNodeName } from './ids.ts'

test.each(['a', 'server1', '-', '0-9', 'x'.repeat(32)])('%s is a name of a node', text => {
  expect(parseNodeName(text)).toBe(text)
})

test.each(['', 'x'.repeat(33), 'Server1', 'server_1', 'a.b', 'a b', 'é', 'server1\n', '\nserver1'])(
  '%j is no name of a node',
  text => {
    expect(parseNodeName(text)).toBeNull()
  },
)

test.each(['ann@laptop', ' ', 'é@日本', 'a'.repeat(255), `${'é'.repeat(127)}a`])(
  '%s is a client id',
  text => {
    expect(parseClientId(text)).toBe(text)
  },
)

test.each(['', 'a'.repeat(256), 'é'.repeat(128), 'a\nb', '\0', '\x7f', '\x9b31m', '\x85'])(
  '%j is no client id',
  text => {
    expect(parseClientId(text)).toBeNull()
  },
)

test.each([parseNodeId, parseClusterId])('node and cluster ids are 32 lower-case hex digits', parse => {
  const id = '0123456789abcdef'.repeat(2)
  expect(parse(id)).toBe(id)
  for (const text of ['', id.slice(1), `${id}0`, id.toUpperCase(), `${id}\n`, 'g'.repeat(32)])
    expect(parse(text)).toBeNull()
})
