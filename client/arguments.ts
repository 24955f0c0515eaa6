/**
 * argv, split by `yargs-parser` from the table of commands: words and options as they were typed, byte for byte. What
 * cannot be said is refused in one sentence; nothing is read from anywhere else.
 */
import parseArgv from 'yargs-parser'
import { ConcurError } from '../protocol/errors.ts'
import { parserOptions, refuseFlagValues } from '../protocol/option-argv.ts'
import { flagOption } from '../protocol/option-kinds.ts'
import type { OptionTable } from '../protocol/options.ts'
import { globalOptions } from './command-options.ts'
import { type Command, commands } from './commands.ts'

export type Given = Readonly<Record<string, unknown>>

/** What argv says, command and options not yet held against each other. */
export interface SplitArguments {
  readonly words: readonly string[]
  /** Option name, without dashes in front → text, texts or a boolean. Names that are no options are here as well. */
  readonly given: Given
}

/** A command, the words behind it and its own options. */
export interface Invocation {
  readonly command: Command
  readonly words: readonly string[]
  readonly given: Given
}

/** Options that are answered without a command. */
const askingOptions = {
  help: flagOption({ describe: 'this text' }),
  version: flagOption({ describe: 'the version' }),
}

/** Those of all commands, by name and by letter: only the command tells what a letter stands for. */
const everyOption: OptionTable = Object.assign(
  { h: askingOptions.help },
  ...Object.values(commands).map(({ options, letters }) => ({
    ...options,
    ...Object.fromEntries(Object.entries(letters).map(([letter, name]) => [letter, options[name]])),
  })),
  globalOptions,
  askingOptions,
)

/** @throws ConcurError USAGE. */
export function splitArguments(argv: readonly string[]): SplitArguments {
  refuseFlagValues(everyOption, argv)
  const parser = parserOptions(everyOption)
  const { argv: found, error } = parseArgv.detailed(separateAttached(argv), {
    ...parser,
    narg: { ...parser.narg, ...Object.fromEntries(parser.boolean.map(name => [name, 0])) },
    configuration: {
      ...parser.configuration,
      'boolean-negation': true,
      'nargs-eats-options': true,
      'populate--': true,
    },
  })
  if (error !== null) throw usage(valueSentence(error.message))
  const { _: before, '--': behind = [], ...given } = found
  const words = [...before, ...behind].map(String)
  return { words, given: named(given, commandOf(words)?.letters ?? {}) }
}

function commandOf([name]: readonly string[]): Command | null {
  return name !== undefined && Object.hasOwn(commands, name) ? commands[name]! : null
}

/** Letters become the names that they stand for; where both are given, both count. */
function named(given: Given, letters: Readonly<Record<string, string>>): Given {
  const byName: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    const name = Object.hasOwn(letters, key) ? letters[key]! : key === 'h' ? 'help' : key
    byName[name] = Object.hasOwn(byName, name) ? [byName[name], value].flat() : value
  }
  return byName
}

/** @throws ConcurError USAGE for what is no command, no option of it, or a word too many or too few. */
export function invocationOf(split: SplitArguments): Invocation {
  const { given } = split
  const [name, ...words] = split.words
  const known = Object.keys(commands).join(', ')
  if (name === undefined) throw usage(`a command is missing; the commands are ${known}`)
  const command = commandOf(split.words)
  if (command === null) throw usage(`${JSON.stringify(name)} is not a command; the commands are ${known}`)
  refuseOptions(name, command, given)
  refuseWords(name, command, words)
  const own = Object.entries(given).filter(([option]) => Object.hasOwn(command.options, option))
  return { command, words, given: Object.fromEntries(own) }
}

function refuseOptions(name: string, { options }: Command, given: Given): void {
  for (const option of Object.keys(given)) {
    if (Object.hasOwn(options, option) || Object.hasOwn(globalOptions, option)) continue
    const isElsewhere = Object.hasOwn(everyOption, option)
    throw usage(
      isElsewhere
        ? `${dashed(option)} is not an option of ${name}`
        : `${dashed(option)} is not an option; --help lists them`,
    )
  }
}

function refuseWords(name: string, { positionals }: Command, words: readonly string[]): void {
  const required = positionals.filter(({ required }) => required).map(positional => positional.name)
  if (words.length < required.length)
    throw usage(`${name} needs ${required.length === 1 ? `a ${required[0]}` : required.join(' and ')}`)
  const wordsMax = positionals.some(({ many }) => many) ? Number.POSITIVE_INFINITY : positionals.length
  if (words.length > wordsMax)
    throw usage(`${JSON.stringify(words[wordsMax])} is one word too many for ${name}`)
}

/** The parser's words: `Not enough arguments following: output`, `Argument unexpected for: r`. */
function valueSentence(message: string): string {
  const name = message.slice(message.lastIndexOf(' ') + 1)
  return `${dashed(name)} ${message.startsWith('Not enough') ? 'needs a value' : 'takes no value'}`
}

/** `-oFILE`, which the parser would take for the letters o F I L E, becomes `-o FILE`. */
function separateAttached(argv: readonly string[]): string[] {
  const separated: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!
    if (word === '--') return [...separated, ...argv.slice(at)]
    const letters = /^-[A-Za-z]/.test(word) ? word.slice(1) : ''
    const taking = [...letters].findIndex(takesValue)
    const attached = taking < 0 ? '' : letters.slice(taking + 1)
    if (attached === '' || attached.startsWith('=')) separated.push(word)
    else separated.push(`-${letters.slice(0, taking + 1)}`, attached)
    const isWaiting = taking >= 0 ? attached === '' : word.startsWith('--') && takesValue(word.slice(2))
    if (isWaiting && at + 1 < argv.length) separated.push(argv[++at]!)
  }
  return separated
}

function takesValue(name: string): boolean {
  return Object.hasOwn(everyOption, name) && everyOption[name]!.takes !== 'flag'
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`
}

function usage(sentence: string): ConcurError {
  return new ConcurError('USAGE', sentence)
}
