import { Parser } from 'yargs/helpers'
import { refuseFlagValues, refuseSplit, splitAsTyped } from './option-argv.ts'
import { flagOption, nodeAddressesOption, textOption } from './option-kinds.ts'

const table = {
  root: textOption({ describe: '' }),
  'read-timeout': textOption({ describe: '' }),
  replica: nodeAddressesOption({ describe: '' }),
  text: flagOption({ describe: '', default: true }),
}

function split(...argv: string[]): Record<string, unknown> {
  refuseFlagValues(table, argv)
  const { argv: split_, error } = Parser.detailed(argv, {
    boolean: ['text'],
    string: ['root', 'read-timeout', 'replica'],
    array: ['replica'],
    narg: { root: 1, 'read-timeout': 1 },
    configuration: splitAsTyped,
  })
  return error === null ? split_ : refuseSplit(table, error.message)
}

test('names and values arrive as they were typed', () => {
  const argv = [
    '--root',
    '007',
    '--read-timeout=1e3',
    '--no-text',
    '--replica',
    'a=h:1',
    '0x10',
    '--replica',
    'b=h:2',
    '--',
    '-',
  ]
  expect(split(...argv)).toEqual({
    _: ['0x10', '-'],
    root: '007',
    'read-timeout': '1e3',
    text: false,
    replica: ['a=h:1', 'b=h:2'],
  })
})

test('a value of one dash arrives, and so does an empty one', () => {
  expect(split('--root', '-', '--read-timeout', '')).toMatchObject({ root: '-', 'read-timeout': '' })
})

test.each([
  ['--text=maybe', '--text must be given without a value (--no-text switches it off), not "maybe"'],
  ['--text=', '--text must be given without a value (--no-text switches it off), not ""'],
  ['--no-text=1', '--no-text must be given without a value (--text switches it on), not "1"'],
  ['--read-timeout', '--read-timeout must be a text that is not empty, and no value follows it'],
])('%s is refused', (word, sentence) => {
  expect(() => split('--root', 'x', word)).toThrow(sentence)
})

test('an option is not taken for the value of the one before', () => {
  expect(() => split('--root', '--text')).toThrow(
    '--root must be a text that is not empty, and no value follows it',
  )
})

test('what looks like a flag with a value is a word behind --, or a value of its own', () => {
  expect(split('--root=--text=maybe', '--', '--text=maybe')).toMatchObject({
    root: '--text=maybe',
    _: ['--text=maybe'],
  })
})

test('any other complaint of the parser is passed on', () => {
  expect(() => refuseSplit(table, 'something else')).toThrow(/^something else$/)
})
