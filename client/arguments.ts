/**
 * argv under the table of commands: which command, which words and options. What cannot be said is refused in one
 * sentence; nothing is read from anywhere else.
 */
import { ConcurError } from '../protocol/errors.ts'
import { flagOption } from '../protocol/option-kinds.ts'
import type { OptionTable } from '../protocol/options.ts'
import { globalOptions } from './command-options.ts'
import { type Command, commands } from './commands.ts'
import { splitArgv, type TypedOption } from './split-argv.ts'

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
  const { words, options } = splitArgv(argv, takes)
  return { words, given: named(options, commandOf(words)?.letters ?? {}) }
}

function takes(name: string): 'flag' | 'value' | null {
  if (!Object.hasOwn(everyOption, name)) return null
  return everyOption[name]!.takes === 'flag' ? 'flag' : 'value'
}

function commandOf([name]: readonly string[]): Command | null {
  return name !== undefined && Object.hasOwn(commands, name) ? commands[name]! : null
}

/** Letters become the names that they stand for; what is given more than once is all there. */
function named(options: readonly TypedOption[], letters: Readonly<Record<string, string>>): Given {
  const byName = new Map<string, (string | boolean)[]>()
  for (const { name: typed, value } of options) {
    const name = Object.hasOwn(letters, typed) ? letters[typed]! : typed === 'h' ? 'help' : typed
    byName.set(name, [...(byName.get(name) ?? []), value])
  }
  return Object.fromEntries(
    [...byName].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  )
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

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`
}

function usage(sentence: string): ConcurError {
  return new ConcurError('USAGE', sentence)
}
