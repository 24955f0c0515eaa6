import { ConcurError } from '../protocol/errors.ts'
import { invocationOf, splitArguments, splitIfSaidWith } from './arguments.ts'
import { commands } from './commands.ts'
import { readingCommands } from './reading-commands.ts'

function read(...argv: string[]) {
  const split = splitArguments(argv, commands)
  const { words, given } = invocationOf(split, commands)
  return { words, ...given }
}

function refusal(...argv: string[]): string {
  try {
    read(...argv)
  } catch (error) {
    if (error instanceof ConcurError && error.code === 'USAGE') return error.message
    throw error
  }
  throw new Error('it was not refused')
}

describe('words arrive byte for byte', () => {
  test.each([
    '007',
    '1e3',
    '-',
    '-5',
    'true',
    'false',
    '0x10',
    '',
    'a=b',
    "'quoted'",
    '"quoted"',
    'a b',
    'ä',
    '__proto__',
    '[x]',
  ])('%j as a path and as a value', word => {
    expect(read('get', word)).toEqual({ words: [word] })
    expect(read('get', 'x', '-o', word)).toEqual({ words: ['x'], output: word })
    expect(read('get', 'x', `--output=${word}`)).toEqual({ words: ['x'], output: word })
  })

  test('a word behind a flag is not its value', () => {
    expect(read('get', '-r', 'true')).toEqual({ words: ['true'], recursive: true })
    expect(read('get', '--json', 'false', '--deep', 'true')).toEqual({ words: ['false', 'true'], deep: true })
    expect(read('ls', '-lR', 'true')).toEqual({ words: ['true'], long: true, recursive: true })
  })

  test('a value may begin with a dash', () => {
    expect(read('get', 'x', '-o', '-x')).toEqual({ words: ['x'], output: '-x' })
    expect(read('get', 'x', '--from', '-1')).toEqual({ words: ['x'], from: '-1' })
  })

  test('-- ends the options, before and behind the command', () => {
    expect(read('get', '--', '-o', '--', '--json')).toEqual({ words: ['-o', '--', '--json'] })
    expect(read('--', 'get', '-x')).toEqual({ words: ['-x'] })
  })
})

test('a command behind -- keeps its words, and a path with a dash has a -- of its own', () => {
  expect(read('lock', 'x', '--ttl', '5s', '--', 'make', '-j', '--json', '--')).toEqual({
    words: ['x', 'make', '-j', '--json', '--'],
    ttl: '5s',
  })
  expect(read('lock', 'x')).toEqual({ words: ['x'] })
  expect(read('lock', 'x', '--')).toEqual({ words: ['x'] })
  expect(read('lock', '--', '-x')).toEqual({ words: ['-x'] })
  expect(read('lock', '--', '-x', '--', 'make')).toEqual({ words: ['-x', 'make'] })
  expect(read('--', 'lock', 'x', '--', 'make')).toEqual({ words: ['x', 'make'] })
})

test('options stand before or after the command and between its words', () => {
  expect(read('--quiet', '--server', 'a:1', 'get', 'x', '--json', 'y', '-o', 'z')).toEqual({
    words: ['x', 'y'],
    output: 'z',
  })
  expect(splitArguments(['--server', 'a:1', 'get', 'x', '--json'], commands).given).toMatchObject({
    server: 'a:1',
    json: true,
  })
})

test('one letter stands for another option with each command', () => {
  expect(read('rm', '-rf', 'x')).toEqual({ words: ['x'], recursive: true, force: true })
  expect(read('mv', '-f', 'x', 'y')).toEqual({ words: ['x', 'y'], force: true })
  expect(read('mkdir', '-p', 'x')).toEqual({ words: ['x'], parents: true })
  expect(read('put', '-r', 'x', 'y', 'z/')).toEqual({ words: ['x', 'y', 'z/'], recursive: true })
  expect(read('log', '-n', '5', 'x')).toEqual({ words: ['x'], last: '5' })
  expect(read('write', 'x', '-1', '--ack', 'all')).toEqual({ words: ['x', '-1'], ack: 'all' })
})

test('letters stand together, and a value behind its letter', () => {
  expect(read('get', '-rofile', 'x')).toEqual({ words: ['x'], recursive: true, output: 'file' })
  expect(read('get', '-ro', 'file', 'x')).toEqual({ words: ['x'], recursive: true, output: 'file' })
  expect(read('get', '-o-', 'x')).toEqual({ words: ['x'], output: '-' })
  expect(read('get', '-o/tmp/x', 'x')).toEqual({ words: ['x'], output: '/tmp/x' })
  expect(read('get', '-o5', 'x')).toEqual({ words: ['x'], output: '5' })
  expect(read('get', '-o', '-ofile', 'x')).toEqual({ words: ['x'], output: '-ofile' })
})

const names =
  'get, cat, put, write, append, mv, rm, mkdir, restore, diff, resolve, adopt, revert, ls, verify, stat, status, doctor, lock, unlock, check, log, history, wait'

test.each([
  [[], `a command is missing; the commands are ${names}`],
  [['fetch'], `"fetch" is not a command; the commands are ${names}`],
  [['toString'], `"toString" is not a command; the commands are ${names}`],
  [['get'], 'get needs a PATH'],
  [['cat'], 'cat needs a PATH'],
  [['stat', 'a', 'b'], '"b" is one word too many for stat'],
  [['ls', 'a', 'b'], '"b" is one word too many for ls'],
  [['status', 'x'], '"x" is one word too many for status'],
  [['put'], 'put needs a FILE'],
  [['write'], 'write needs a PATH'],
  [['write', 'a', 'b', 'c'], '"c" is one word too many for write'],
  [['mv'], 'mv needs OLD and NEW'],
  [['mv', 'a'], 'mv needs OLD and NEW'],
  [['mv', 'a', 'b', 'c'], '"c" is one word too many for mv'],
  [['rm', 'a', 'b'], '"b" is one word too many for rm'],
  [['rm', '-p', 'a'], '-p is not an option of rm'],
  [['append', 'a', '--parents'], '--parents is not an option of append'],
  [['log', '-n'], '-n needs a value'],
  [['wait', '--timeout'], '--timeout needs a value'],
  [['get', 'x', '--fence', '3'], '--fence is not an option of get'],
  [['lock'], 'lock needs a PATH'],
  [['lock', 'x', 'y'], '"y" is one word too many for lock'],
  [['lock', 'x', 'y', '--', 'z'], '"y" is one word too many for lock'],
  [['lock', '--', 'x', 'y'], '"y" is one word too many for lock'],
  [['get', 'x', '--fast'], '--fast is not an option; --help lists them'],
  [['get', 'x', '-5oFILE'], '-5 is not an option; --help lists them'],
  [['get', 'x', '--constructor'], '--constructor is not an option; --help lists them'],
  [['get', 'x', '-x'], '-x is not an option; --help lists them'],
  [['get', 'x', '--no-fast'], '--fast is not an option; --help lists them'],
  [['cat', 'x', '--deep'], '--deep is not an option of cat'],
  [['ls', '-r'], '-r is not an option of ls'],
  [['get', '-R', 'x'], '-R is not an option of get'],
  [['get', 'x', '-o'], '-o needs a value'],
  [['get', 'x', '--from'], '--from needs a value'],
  [['get', 'x', '-r=1'], '-r takes no value'],
  [['get', 'x', '--deep=yes'], '--deep must be given without a value (--no-deep switches it off), not "yes"'],
] as [string[], string][])('%j is refused', (argv, sentence) => {
  expect(refusal(...argv)).toBe(sentence)
})

test('any argv gives words and options, or a refusal', () => {
  const pieces = [
    'get',
    '-o',
    '--',
    '-',
    '--=x',
    '---',
    '-=',
    '--o',
    '-lRx',
    '--server',
    '--server=',
    '-ro',
    '\n',
    '--__proto__=1',
    '--constructor',
  ]
  for (const a of pieces) {
    for (const b of pieces) {
      for (const c of pieces) {
        try {
          read(a, b, c)
        } catch (error) {
          expect(error).toMatchObject({ code: 'USAGE' })
        }
      }
    }
  }
})

test('what the commands that read are enough for is theirs, and means the same to them', () => {
  const theirs = [
    ['get', 'x'],
    ['--server', 'a:1', '--json', 'get', '-ro', 'folder', 'x', 'y', '--deep'],
    ['cat', '--', '--help'],
    ['stat', '--sha256', 'put'],
  ]
  for (const argv of theirs) {
    expect(splitIfSaidWith(argv, readingCommands)).toEqual(splitArguments(argv, commands))
  }
})

test.each([
  [['put', 'get']],
  [['--ack', 'get', 'x']],
  [['completion', 'get']],
  [['get', '--help']],
  [['stat', 'x', '-h']],
  [['get', '--version']],
  [['--get-yargs-completions', 'concur', 'get']],
  [['get']],
  [['get', 'x', '-o']],
  [['cat', 'x', '--deep']],
  [['cat', 'x', 'y']],
  [[]],
] as string[][][])('%j is left to the client with all commands', argv => {
  expect(splitIfSaidWith(argv, readingCommands)).toBeNull()
})
