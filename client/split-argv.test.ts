import fc from 'fast-check'
import { flagOption, nodeNamesOption, textOption } from '../protocol/option-kinds.ts'
import { splitArgv } from './split-argv.ts'

const table = {
  text: textOption({ describe: '' }),
  t: textOption({ describe: '' }),
  many: nodeNamesOption({ describe: '' }),
  flag: flagOption({ describe: '' }),
  f: flagOption({ describe: '' }),
  g: flagOption({ describe: '' }),
}

const split = (...argv: string[]) => {
  const { words, given } = splitArgv(argv, table)
  return { words, given }
}

test('a value arrives as it was typed, however it was given', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), value => {
      const given = { words: ['before', 'behind'], given: { text: value } }
      expect(split('before', '--text', value, 'behind')).toEqual(given)
      expect(split('before', `--text=${value}`, 'behind')).toEqual(given)
      const byLetter = { words: ['before', 'behind'], given: { t: value } }
      expect(split('before', '-t', value, 'behind')).toEqual(byLetter)
      fc.pre(value !== '')
      expect(split('before', `-t=${value}`, 'behind')).toEqual(byLetter)
      fc.pre(!value.startsWith('='))
      expect(split('before', `-t${value}`, 'behind')).toEqual(byLetter)
    }),
  )
})

test('behind -- there are only words', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('--', '--flag', '-t', '-fg'))), words => {
      expect(split('-f', 'a', '--', ...words)).toEqual({ words: ['a', ...words], given: { f: true } })
    }),
  )
})

test.each([
  [['a', 'b'], 2],
  [['a', '--', 'b'], 1],
  [['--', 'a', '--', 'b'], 0],
  [['-f', '--text', '--', 'a'], 1],
  [[], 0],
])('of %j so many words stand in front of --: %i', (argv, wordsBefore) => {
  expect(splitArgv(argv, table).wordsBefore).toBe(wordsBefore)
})

test('-- and options are values where a value is due', () => {
  expect(split('--text', '--', '-t', '--flag', 'x')).toEqual({
    words: ['x'],
    given: { text: '--', t: '--flag' },
  })
  expect(split('--text', '--flag=x', '-t', '--no-flag=y', '-ft', '-f=z')).toEqual({
    words: [],
    given: { text: '--flag=x', t: ['--no-flag=y', '-f=z'], f: true },
  })
})

test('what begins as a number is no row of letters with a value', () => {
  const { words, given } = split('-5tx')
  expect(words).toEqual([])
  expect(given).toMatchObject({ 5: true })
})

test('values that were given more than once are all there, in order; of a flag the last counts', () => {
  expect(split('--many', 'a,b', '--many=c', '--flag', '--no-flag', '-t', 'x', '-ty')).toEqual({
    words: [],
    given: { many: ['a,b', 'c'], flag: false, t: ['x', 'y'] },
  })
})

test('letters stand together, the last of them with its value', () => {
  expect(split('-fg', '-fgtfile', '-gt', '-f')).toEqual({
    words: [],
    given: { f: true, g: true, t: ['file', '-f'] },
  })
})

test('a dash alone, nothing, and a number below zero are words', () => {
  const words = ['-', '', '-5', '-0.5', '-.5']
  expect(split(...words)).toEqual({ words, given: {} })
})

test('quotes are part of a value or a word', () => {
  expect(split('"a"', '--text', '"b"', `--many='c'`, '-t"d"', '--', "'e'")).toEqual({
    words: ['"a"', "'e'"],
    given: { text: '"b"', many: "'c'", t: '"d"' },
  })
})

test('names that are no options are handed on', () => {
  const { words, given } = split('--else', '--no-other', '--third=x', '-5x', '--__proto__')
  expect(words).toEqual([])
  expect(given).toMatchObject({ else: true, other: false, third: 'x', 5: true, x: true })
  expect(Object.keys(given)).toHaveLength(6)
})

test('a value option that is switched off is handed on: it is for others to refuse', () => {
  expect(split('--no-text')).toEqual({ words: [], given: { text: false } })
})

test.each([
  ['--text', '--text needs a value'],
  ['-ft', '-t needs a value'],
  ['-f=1', '-f takes no value'],
  ['-f=tx', '-f takes no value'],
  ['-f-', '-- is not an option; --help lists them'],
  ['-f5', '-5 is not an option; --help lists them'],
  ['--flag\n', '--flag\n is not an option; --help lists them'],
  ['--\n', '--\n is not an option; --help lists them'],
  ['---', '--- is not an option; --help lists them'],
  ['-fé', '-é is not an option; --help lists them'],
  ['-f/', '-/ is not an option; --help lists them'],
  ['-f tx', '-  is not an option; --help lists them'],
  ['--flag=', '--flag must be given without a value (--no-flag switches it off), not ""'],
  ['--no-flag=1', '--no-flag must be given without a value (--flag switches it on), not "1"'],
])('%s is refused', (word, sentence) => {
  expect(() => split('a', word)).toThrow(expect.objectContaining({ code: 'USAGE', message: sentence }))
})
