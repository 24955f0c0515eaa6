/**
 * argv, split by `yargs-parser` after a table of options: what is a word, what an option, what an option's value. Words
 * and values stay as they were typed, byte for byte; what a value means is not asked here.
 *
 *     --name VALUE  --name=VALUE  -n VALUE  -nVALUE  -n=VALUE   a value, which may begin with a dash
 *     --name  --no-name  -n  -nm                                flags, several letters together
 *     -  -5  --                                                 words; behind -- there are only words
 */
import parseArgv from 'yargs-parser'
import { ConcurError } from '../protocol/errors.ts'
import { refuseFlagValues, splitAsTyped } from '../protocol/option-argv.ts'
import type { OptionTable } from '../protocol/options.ts'

export interface SplitArgv {
  readonly words: readonly string[]
  /** So many of them stand in front of the first `--`: all where there is none. */
  readonly wordsBefore: number
  /**
   * Option name, without dashes in front → text or boolean; of values all that were given, of a flag the last. Names that
   * are no options are here as well.
   */
  readonly given: Readonly<Record<string, unknown>>
}

const configuration = {
  ...splitAsTyped,
  'nargs-eats-options': true,
  'populate--': true,
} as const

/** @param table by name, and by letter where one letter is enough. @throws ConcurError USAGE. */
export function splitArgv(argv: readonly string[], table: OptionTable): SplitArgv {
  const separated = optionsApart(argv, table)
  // The parser takes its time for every name that it is told.
  const names = Object.keys(table).filter(name => separated.some(word => word.includes(name)))
  const values = names.filter(name => takesValue(table, name))
  const flags = names.filter(name => !takesValue(table, name))
  const { argv: found, error } = parseArgv.detailed(separated, {
    boolean: flags,
    string: values,
    narg: Object.fromEntries(names.map(name => [name, takesValue(table, name) ? 1 : 0])),
    configuration,
  })
  if (error !== null) throw valueError(error.message)
  const { _: before, '--': behind = [], ...given } = found
  return { words: [...before, ...behind].map(String), wordsBefore: before.length, given }
}

/**
 * `-foFILE` becomes `-f -o FILE`: the parser would take it for letters alone. What stands where a value is due is let be.
 * @throws ConcurError USAGE for a flag with a value.
 */
function optionsApart(argv: readonly string[], table: OptionTable): string[] {
  const apart: string[] = []
  const left = [...argv]
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--') return [...apart, word, ...left]
    refuseFlagValues(table, [word])
    const { typed, isWaiting } = word.startsWith('--') ? nameOf(word, table) : lettersOf(word, table)
    apart.push(...typed, ...(isWaiting ? left.splice(0, 1) : []))
  }
  return apart
}

/** A word as the parser understands it; `isWaiting`: the next one is its value, whatever that is. */
interface Apart {
  readonly typed: readonly string[]
  readonly isWaiting: boolean
}

/**
 * The parser would read a name no further than its line, and take dashes alone for a word.
 * @throws ConcurError USAGE for a name of several lines, or one that begins with a dash.
 */
function nameOf(word: string, table: OptionTable): Apart {
  const [name = ''] = word.slice('--'.length).split('=', 1)
  if (/^-|[\n\r\u2028\u2029]/.test(name)) throw unknown(`--${name}`)
  return { typed: [word], isWaiting: takesValue(table, word.slice('--'.length)) }
}

/**
 * What begins as a number is left to the parser. It would take `-f-`, `-f5` and `-fé` for a flag that is off.
 * @throws ConcurError USAGE for a letter that is none.
 */
function lettersOf(word: string, table: OptionTable): Apart {
  const letters = /^-[^\d.]/.test(word) ? [...word].slice(1) : []
  const at = letters.findIndex(letter => letter === '=' || takesValue(table, letter))
  const flags = at < 0 ? letters : letters.slice(0, at)
  const strange = flags.find(letter => !/^[A-Za-z]$/.test(letter))
  if (strange !== undefined) throw unknown(`-${strange}`)
  if (at < 0 || letters[at] === '=') return { typed: [word], isWaiting: false }
  const typed = [...flags, letters[at]].map(letter => `-${letter}`)
  const attached = letters.slice(at + 1).join('')
  if (attached === '') return { typed, isWaiting: true }
  return { typed: [...typed, attached.replace(/^=/, '')], isWaiting: false }
}

function takesValue(table: OptionTable, name: string): boolean {
  return Object.hasOwn(table, name) && table[name]!.takes !== 'flag'
}

/** The parser's words: `Not enough arguments following: output`, `Argument unexpected for: r`. */
function valueError(message: string): ConcurError {
  const name = dashed(message.slice(message.lastIndexOf(' ') + 1))
  return new ConcurError(
    'USAGE',
    `${name} ${message.startsWith('Not enough') ? 'needs a value' : 'takes no value'}`,
  )
}

function unknown(option: string): ConcurError {
  return new ConcurError('USAGE', `${option} is not an option; --help lists them`)
}

/** @returns the option as it is typed. */
export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`
}
