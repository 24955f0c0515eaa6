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
  const separated = lettersApart(argv, table)
  refuseFlagValues(table, separated)
  const names = Object.keys(table)
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

/** `-foFILE` becomes `-f -o FILE`: the parser would take it for letters alone. */
function lettersApart(argv: readonly string[], table: OptionTable): string[] {
  const apart: string[] = []
  const left = [...argv]
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    apart.push(word)
    if (word === '--') break
    if (word.startsWith('--')) {
      if (takesValue(table, word.slice('--'.length))) apart.push(...left.splice(0, 1))
      continue
    }
    const letters = word.startsWith('-') ? [...word].slice(1) : []
    const at = letters.findIndex(letter => takesValue(table, letter))
    if (at < 0) continue
    const [flags, attached] = [letters.slice(0, at), letters.slice(at + 1).join('')]
    apart.pop()
    apart.push(...flags.map(letter => `-${letter}`), `-${letters[at]}`)
    if (attached === '') apart.push(...left.splice(0, 1))
    else apart.push(attached.replace(/^=/, ''))
  }
  return [...apart, ...left]
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

/** @returns the option as it is typed. */
export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`
}
