import { everyOption, configFileName as file, readEveryOption as read } from '../fixtures/every-option.ts'
import { ConcurError } from './errors.ts'
import { parseConfig } from './option-sources.ts'
import { readOptions } from './options.ts'

/** The sentence of the refusal. */
function refusalOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof ConcurError && error.code === 'USAGE') return error.message
    throw error
  }
  throw new Error('it was not refused')
}

describe('one sentence refuses, and names the option, the value and what is allowed', () => {
  const duration = 'a whole number with ms, s, m, h or d, from 100ms to 1h'
  const address = 'HOST:PORT or [v6]:PORT, PORT from 1 to 65535'
  const node = `NAME=${address}, NAME 1 to 32 of a-z, 0-9 and -`

  test.each<[string, Parameters<typeof read>[0], string]>([
    ['no unit', { argv: { 'read-timeout': '2' } }, `--read-timeout must be ${duration}, not "2"`],
    ['too short', { argv: { 'read-timeout': '99ms' } }, `--read-timeout must be ${duration}, not "99ms"`],
    ['too long', { argv: { 'read-timeout': '61m' } }, `--read-timeout must be ${duration}, not "61m"`],
    ['nothing', { argv: { 'read-timeout': '' } }, `--read-timeout must be ${duration}, not ""`],
    ['no value', { argv: { 'read-timeout': true } }, `--read-timeout must be ${duration}, not ""`],
    [
      'the last of two',
      { argv: { 'read-timeout': ['2s', 'x'] } },
      `--read-timeout must be ${duration}, not "x"`,
    ],
    [
      'a no- in front of a value',
      { argv: { root: false } },
      '--root must be an existing folder, and --no-root is not an option',
    ],
    ['an empty text', { argv: { root: '' } }, '--root must be an existing folder, not ""'],
    ['an empty list', { argv: { replica: [] } }, `--replica must be ${node}, not ""`],
    ['a node without address', { argv: { replica: 'server2' } }, `--replica must be ${node}, not "server2"`],
    [
      'a name that is none',
      { argv: { replica: ['a=h:1', 'B=h:2'] } },
      `--replica must be ${node}, not "B=h:2"`,
    ],
    ['a hole in a list', { argv: { server: 'a:1,,b:2' } }, `--server must be ${address}, not ""`],
    ['port 0 to dial', { argv: { peer: 'h:0' } }, `--peer must be ${address}, not "h:0"`],
    ['a name', { argv: { name: 'Server1' } }, '--name must be 1 to 32 of a-z, 0-9 and -, not "Server1"'],
    [
      'a choice',
      { argv: { 'log-level': 'loud' } },
      '--log-level must be one of info, warn, error, not "loud"',
    ],
    [
      'a number',
      { argv: { 'connections-max': '1e3' } },
      '--connections-max must be a whole number from 1 to 1000000, not "1e3"',
    ],
    [
      'a number too large',
      { argv: { 'connections-max': '1000001' } },
      '--connections-max must be a whole number from 1 to 1000000, not "1000001"',
    ],
    ['a parser of its own', { argv: { even: 'odd' } }, '--even must be of even length, not "odd"'],
    [
      'a flag with a value',
      { argv: { text: 'yes' } },
      '--text must be given without a value (--no-text switches it off), not "yes"',
    ],
    ['an unknown option', { argv: { lisen: 'x' } }, '--lisen is not an option; --help lists them'],
    ['an unknown letter', { argv: { x: true } }, '-x is not an option; --help lists them'],
    ['one from Object', { argv: { constructor: 'x' } }, '--constructor is not an option; --help lists them'],
    [
      'the environment',
      { environment: { CONCUR_READ_TIMEOUT: 'soon' } },
      `CONCUR_READ_TIMEOUT must be ${duration}, not "soon"`,
    ],
    ['a flag there', { environment: { CONCUR_TEXT: 'true' } }, 'CONCUR_TEXT must be 1 or 0, not "true"'],
    [
      'the config file',
      { config: { 'read-timeout': '2x' } },
      `"read-timeout" in ${file} must be ${duration}, not "2x"`,
    ],
    [
      'a number for a text',
      { config: { 'read-timeout': 2 } },
      `"read-timeout" in ${file} must be ${duration}, not 2`,
    ],
    ['a text for a flag', { config: { text: '1' } }, `"text" in ${file} must be true or false, not "1"`],
    [
      'null',
      { config: { 'connections-max': null } },
      `"connections-max" in ${file} must be a whole number from 1 to 1000000, not null`,
    ],
    [
      'half a number',
      { config: { 'connections-max': 1.5 } },
      `"connections-max" in ${file} must be a whole number from 1 to 1000000, not "1.5"`,
    ],
    [
      'a number in a list',
      { config: { server: ['a:1', 2] } },
      `"server" in ${file} must be a list of ${address}, not ["a:1",2]`,
    ],
    [
      'a list for an object',
      { config: { replica: ['a=h:1'] } },
      `"replica" in ${file} must be an object of name and address, not ["a=h:1"]`,
    ],
    [
      'a number in an object',
      { config: { replica: { a: 1 } } },
      `"replica" in ${file} must be an object of name and address, not {"a":1}`,
    ],
    [
      'an address in an object',
      { config: { replica: { a: 'h' } } },
      `"replica" in ${file} must be ${node}, not "a=h"`,
    ],
    ['an unknown key', { config: { lisen: 'x' } }, `"lisen" in ${file} is not an option; --help lists them`],
    [
      'a key from Object',
      { config: { toString: 'x' } },
      `"toString" in ${file} is not an option; --help lists them`,
    ],
    [
      'itself',
      { config: { config: 'x' } },
      `"config" in ${file} must be left out: it cannot stand in a config file`,
    ],
  ])('%s', (_, sources, sentence) => {
    expect(refusalOf(() => read(sources))).toBe(sentence)
  })

  test('a required option that is missing', () => {
    const sources = { argv: {}, environment: {}, config: null }
    expect(refusalOf(() => readOptions(everyOption, sources))).toBe(
      '--root is missing; it must be an existing folder',
    )
  })

  test('a value that is long is cut', () => {
    expect(refusalOf(() => read({ argv: { even: 'x'.repeat(1_001) } }))).toBe(
      `--even must be of even length, not "${'x'.repeat(99)}…`,
    )
  })

  test('a key of a config file that no JavaScript object has by itself', () => {
    const config = parseConfig(file, '{"__proto__": {"text": false}}')
    const sources = { argv: { root: '/srv' }, environment: {}, config }
    expect(refusalOf(() => readOptions(everyOption, sources))).toBe(
      `"__proto__" in ${file} is not an option; --help lists them`,
    )
  })

  test.each([
    ['[]', `--config must hold one JSON object of option names, not "${file}"`],
    ['null', `--config must hold one JSON object of option names, not "${file}"`],
    ['{"text": \n nope}', /^--config must be a file of JSON, not "\/etc\/concur\/server\.json": [^\n]+$/],
    ['', /^--config must be a file of JSON, not "\/etc\/concur\/server\.json": [^\n]+$/],
  ])('a config file that holds %j', (text, sentence) => {
    expect(refusalOf(() => parseConfig(file, text))).toMatch(sentence)
  })
})
