/**
 * argv taken apart: words on one side, options with their values on the other, all of it as it was typed. Knows of an
 * option only whether a value follows it; whether there is such an option is for others to say.
 */
import { ConcurError } from '../protocol/errors.ts'

export interface TypedOption {
  /** Without dashes in front: a name, or a letter. */
  readonly name: string
  /** A flag is true, or false behind `--no-`. */
  readonly value: string | boolean
}

export interface TypedArguments {
  readonly words: readonly string[]
  readonly options: readonly TypedOption[]
}

/** Null: there is no such option. */
export type Takes = (name: string) => 'flag' | 'value' | null

/** @throws ConcurError USAGE for a value that is missing or must not be there. */
export function splitArgv(argv: readonly string[], takes: Takes): TypedArguments {
  const words: string[] = []
  const options: TypedOption[] = []
  const left = [...argv]
  const takeValue = (dashed: string): string => {
    const value = left.shift()
    if (value === undefined) throw new ConcurError('USAGE', `${dashed} needs a value`)
    return value
  }
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--') words.push(...left.splice(0))
    else if (word.startsWith('--')) options.push(longOption(word, takes, takeValue))
    else if (isWord(word)) words.push(word)
    else options.push(...letterOptions(word, takes, takeValue))
  }
  return { words, options }
}

/** A dash alone is a word, and so is a negative number. */
function isWord(word: string): boolean {
  return !word.startsWith('-') || word === '-' || /^-(\d+(\.\d+)?|\.\d+)$/.test(word)
}

/** `--name`, `--no-name`, `--name VALUE`, `--name=VALUE`. */
function longOption(word: string, takes: Takes, takeValue: (dashed: string) => string): TypedOption {
  const equals = word.indexOf('=')
  const typed = equals < 0 ? word.slice(2) : word.slice(2, equals)
  const isOff = typed.startsWith('no-')
  const name = isOff ? typed.slice('no-'.length) : typed
  const kind = takes(name)
  if (equals < 0) return { name, value: kind === 'value' && !isOff ? takeValue(`--${name}`) : !isOff }
  const value = word.slice(equals + 1)
  if (kind === 'flag')
    refuseFlagValue(typed, isOff ? `--${name} switches it on` : `--no-${name} switches it off`, value)
  return { name: typed, value }
}

/** `-l`, `-lR`, `-o VALUE`, `-oVALUE`, `-lo=VALUE`. */
function letterOptions(word: string, takes: Takes, takeValue: (dashed: string) => string): TypedOption[] {
  const options: TypedOption[] = []
  const letters = [...word.slice(1)]
  for (const [at, name] of letters.entries()) {
    const attached = letters.slice(at + 1).join('')
    if (takes(name) === 'value') {
      const value = attached === '' ? takeValue(`-${name}`) : attached.replace(/^=/, '')
      return [...options, { name, value }]
    }
    if (attached.startsWith('=')) throw new ConcurError('USAGE', `-${name} takes no value`)
    options.push({ name, value: true })
  }
  return options
}

function refuseFlagValue(typed: string, other: string, value: string): never {
  throw new ConcurError(
    'USAGE',
    `--${typed} must be given without a value (${other}), not ${JSON.stringify(value)}`,
  )
}
