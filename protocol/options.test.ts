import {
  type everyOption,
  configFileName as file,
  readEveryOption as read,
} from '../fixtures/every-option.ts'
import { durationOption } from './option-kinds.ts'
import { parseConfig } from './option-sources.ts'
import { readOptions, type ValuesOf } from './options.ts'

test('what is not given has its default, or null, or nothing in the list', () => {
  expect(read({})).toEqual({
    root: '/srv',
    name: 'server1',
    listen: { host: '127.0.0.1', port: 6001 },
    peer: null,
    server: [{ host: '127.0.0.1', port: 6001 }],
    replica: [],
    'read-timeout': 2_000,
    text: true,
    insecure: false,
    'connections-max': 12_000,
    'log-level': 'info',
    'client-id': null,
    even: null,
    config: null,
  })
})

test('the type of the values follows from the table', () => {
  const values: ValuesOf<typeof everyOption> = read({})
  const root: string = values.root
  const readTimeoutMs: number = values['read-timeout']
  const level: 'info' | 'warn' | 'error' = values['log-level']
  // @ts-expect-error: without a default it may be null
  const peerHost: string = (values.peer ?? { host: '' }) && values.peer?.host
  // @ts-expect-error: no such option
  expect([root, readTimeoutMs, level, peerHost, values.nothing]).toEqual([
    '/srv',
    2_000,
    'info',
    undefined,
    undefined,
  ])
})

describe('the first source that gives an option wins', () => {
  const config = { 'read-timeout': '5s', text: true, replica: { server5: 'h5:5' } }
  const environment = { CONCUR_READ_TIMEOUT: '4s', CONCUR_TEXT: '0', CONCUR_REPLICA: 'server4=h4:4' }
  const argv = { 'read-timeout': '3s', text: true, replica: ['server3=h3:3'] }

  test.each([
    ['the command line', { argv, environment, config }, 3_000, true, 'server3'],
    ['then the environment', { environment, config }, 4_000, false, 'server4'],
    ['then the config file', { config }, 5_000, true, 'server5'],
  ])('%s', (_, sources, readTimeoutMs, text, name) => {
    const values = read(sources)
    expect([values['read-timeout'], values.text, values.replica.map(node => node.name)]).toEqual([
      readTimeoutMs,
      text,
      [name],
    ])
  })

  test('a value that does not win is not looked at', () => {
    expect(read({ argv, environment: { CONCUR_READ_TIMEOUT: 'soon' } })['read-timeout']).toBe(3_000)
  })
})

describe('on the command line', () => {
  test('of several values the last one counts, and of a list every one', () => {
    const values = read({
      argv: { 'read-timeout': ['3s', '9s'], text: [true, false], replica: ['a=h:1', 'b=h:2,c=[::1]:3'] },
    })
    expect(values['read-timeout']).toBe(9_000)
    expect(values.text).toBe(false)
    expect(values.replica).toEqual([
      { name: 'a', address: { host: 'h', port: 1 } },
      { name: 'b', address: { host: 'h', port: 2 } },
      { name: 'c', address: { host: '::1', port: 3 } },
    ])
  })

  test('texts stay as they are', () => {
    expect(read({ argv: { root: '-', 'client-id': '007', even: '1e3 ' } })).toMatchObject({
      root: '-',
      'client-id': '007',
      even: '1e3 ',
    })
  })

  test('port 0 is one to listen on', () => {
    expect(read({ argv: { listen: '[::1]:0' } }).listen).toEqual({ host: '::1', port: 0 })
  })
})

describe('in the environment', () => {
  test('lists go by comma, flags are 1 or 0', () => {
    const environment = {
      CONCUR_SERVER: 'a:1, b:2',
      CONCUR_INSECURE: '1',
      CONCUR_TEXT: '0',
      CONCUR_CONNECTIONS_MAX: '7',
    }
    expect(read({ environment })).toMatchObject({
      server: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      insecure: true,
      text: false,
      'connections-max': 7,
    })
  })

  test('variables of other programs and those set to nothing are ignored', () => {
    expect(
      read({ environment: { CONCUR_NOTHING: 'x', CONCUR_READ_TIMEOUT: '', READ_TIMEOUT: '9s' } }),
    ).toEqual(read({}))
  })
})

describe('in the config file', () => {
  test('every kind has its own shape in JSON, and "//" is a comment', () => {
    const config = {
      '//': ['anything'],
      'read-timeout': '250ms',
      text: false,
      'connections-max': 9,
      server: ['a:1', 'b:2'],
      replica: { '//': 'the second machine', server2: 'h:1' },
    }
    expect(read({ config })).toMatchObject({
      'read-timeout': 250,
      text: false,
      'connections-max': 9,
      server: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
      replica: [{ name: 'server2', address: { host: 'h', port: 1 } }],
    })
  })

  test('a list may be one text with commas, and a number a text', () => {
    expect(read({ config: { server: 'a:1,b:2', 'connections-max': '9' } })).toMatchObject({
      server: [{ host: 'a' }, { host: 'b' }],
      'connections-max': 9,
    })
  })

  test('it is read from one JSON object, byte order mark or not', () => {
    expect(parseConfig(file, '\ufeff{"text": false}')).toEqual({ file, values: { text: false } })
  })
})

test('a default that cannot be is our own mistake, not a refusal', () => {
  const broken = { wait: durationOption({ describe: '', default: '2', min: '1s', max: '2s' }) }
  expect(() => readOptions(broken, { argv: {}, environment: {}, config: null })).toThrow(
    /^the default of --wait cannot be: 2$/,
  )
})

test('a value that was converted while argv was split is our own mistake', () => {
  expect(() => read({ argv: { 'client-id': 7 } })).toThrow(/^--client-id was converted to number/)
})
