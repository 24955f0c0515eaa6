/**
 * argv, held against the table of commands. What cannot be said is refused in one sentence; nothing is read from anywhere
 * else.
 */
import { ConcurError } from '../protocol/errors.ts'
import { flagOption } from '../protocol/option-kinds.ts'
import type { OptionTable } from '../protocol/options.ts'
import type { Command, CommandTable } from './command.ts'
import { globalOptions } from './global-options.ts'
import { dashed, type SplitArgv, splitArgv } from './split-argv.ts'

export type Given = Readonly<Record<string, unknown>>

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
function everyOption(commands: CommandTable): OptionTable {
  return Object.assign(
    { h: askingOptions.help },
    ...Object.values(commands).map(({ options, letters }) => ({
      ...options,
      ...Object.fromEntries(Object.entries(letters).map(([letter, name]) => [letter, options[name]])),
    })),
    globalOptions,
    askingOptions,
  )
}

/** @throws ConcurError USAGE. */
export function splitArguments(argv: readonly string[], commands: CommandTable): SplitArgv {
  const { given, ...split } = splitArgv(argv, everyOption(commands))
  return { ...split, given: named(given, commandOf(split.words, commands)?.letters ?? {}) }
}

function commandOf([name]: readonly string[], commands: CommandTable): Command | null {
  return name !== undefined && Object.hasOwn(commands, name) ? commands[name]! : null
}

/** Letters become the names that they stand for; where both are given, both count. */
function named(given: Given, letters: Readonly<Record<string, string>>): Given {
  const byName = new Map<string, unknown>()
  for (const [key, value] of Object.entries(given)) {
    const name = Object.hasOwn(letters, key) ? letters[key]! : key === 'h' ? 'help' : key
    byName.set(name, byName.has(name) ? [byName.get(name), value].flat() : value)
  }
  return Object.fromEntries(byName)
}

/** @throws ConcurError USAGE for what is no command, no option of it, or a word too many or too few. */
export function invocationOf(split: SplitArgv, commands: CommandTable): Invocation {
  const { given } = split
  const [name] = split.words
  const known = Object.keys(commands).join(', ')
  if (name === undefined) throw usage(`a command is missing; the commands are ${known}`)
  const command = commandOf(split.words, commands)
  if (command === null) throw usage(`${JSON.stringify(name)} is not a command; the commands are ${known}`)
  refuseOptions(name, commands, given)
  const words = wordsOf(name, command, split)
  refuseWords(name, command, words)
  const own = Object.entries(given).filter(([option]) => Object.hasOwn(command.options, option))
  return { command, words, given: Object.fromEntries(own) }
}

/** @returns null where argv is no well-formed invocation of one of these commands; a question for help is none. */
export function splitIfSaidWith(argv: readonly string[], commands: CommandTable): SplitArgv | null {
  try {
    const split = splitArguments(argv, commands)
    invocationOf(split, commands)
    return split
  } catch {
    return null
  }
}

function refuseOptions(name: string, commands: CommandTable, given: Given): void {
  const { options } = commands[name]!
  for (const option of Object.keys(given)) {
    if (Object.hasOwn(options, option) || Object.hasOwn(globalOptions, option)) continue
    const isElsewhere = Object.hasOwn(everyOption(commands), option)
    throw usage(
      isElsewhere
        ? `${dashed(option)} is not an option of ${name}`
        : `${dashed(option)} is not an option; --help lists them`,
    )
  }
}

/** The words behind the command's name, without the `--` that stands between them. */
function wordsOf(name: string, { positionals }: Command, { words, wordsBefore }: SplitArgv): string[] {
  if (!positionals.some(({ behindDashes }) => behindDashes)) return words.slice(1)
  const plainMax = positionals.length - 1
  const before = words.slice(1, wordsBefore)
  // A PATH that begins with a dash stands behind a `--` of its own.
  const rest = words.slice(Math.max(1, wordsBefore))
  const plain = before.length > 0 ? before : rest.splice(0, plainMax)
  if (before.length === 0 && rest[0] === '--') rest.shift()
  else if (before.length === 0 && rest.length > 0) throw tooMany(name, rest[0]!)
  if (plain.length > plainMax) throw tooMany(name, plain[plainMax]!)
  return [...plain, ...rest]
}

function refuseWords(name: string, { positionals }: Command, words: readonly string[]): void {
  const required = positionals.filter(({ required }) => required).map(positional => positional.name)
  if (words.length < required.length)
    throw usage(`${name} needs ${required.length === 1 ? `a ${required[0]}` : required.join(' and ')}`)
  const wordsMax = positionals.some(({ many }) => many) ? Number.POSITIVE_INFINITY : positionals.length
  if (words.length > wordsMax) throw tooMany(name, words[wordsMax]!)
}

function tooMany(name: string, word: string): ConcurError {
  return usage(`${JSON.stringify(word)} is one word too many for ${name}`)
}

function usage(sentence: string): ConcurError {
  return new ConcurError('USAGE', sentence)
}
