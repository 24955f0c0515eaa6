/**
 * argv, split after a table of options as getopt_long does it: what is a word, what an option, what an option's value.
 * Words and values stay as they were typed, byte for byte; what a value means is not asked here.
 *
 *     --name VALUE  --name=VALUE  -n VALUE  -nVALUE  -n=VALUE   a value, which may begin with a dash
 *     --name  --no-name  -n  -nm                                flags, several letters together
 *     -  -5  --                                                 words; behind -- there are only words
 */
import { ConcurError } from '../protocol/errors.ts'
import { flagWithValue } from '../protocol/option-argv.ts'
import type { OptionTable } from '../protocol/options.ts'

export interface SplitArgv {
  readonly words: readonly string[]
  /** So many of them stand in front of the first `--`: all where there is none. */
  readonly wordsBefore: number
  /**
   * Option name, without dashes in front → text or boolean, or several where it was given more than once. Names that are
   * no options are here as well, as flags.
   */
  readonly given: Readonly<Record<string, unknown>>
}

/** @param table by name, and by letter where one letter is enough. @throws ConcurError USAGE. */
export function splitArgv(argv: readonly string[], table: OptionTable): SplitArgv {
  return new ArgvSplitter(argv, table).split()
}

class ArgvSplitter {
  private readonly table: OptionTable
  private readonly left: string[]
  private readonly words: string[] = []
  private wordsBefore: number | null = null
  private readonly given = new Map<string, unknown>()

  constructor(argv: readonly string[], table: OptionTable) {
    this.left = [...argv]
    this.table = table
  }

  split(): SplitArgv {
    for (let word = this.left.shift(); word !== undefined; word = this.left.shift()) {
      if (word === '--') this.takeRest()
      else if (word.startsWith('--')) this.takeName(word)
      else if (isLetters(word)) this.takeLetters(word)
      else this.words.push(word)
    }
    const { words, wordsBefore } = this
    return { words, wordsBefore: wordsBefore ?? words.length, given: Object.fromEntries(this.given) }
  }

  private takeRest(): void {
    this.wordsBefore = this.words.length
    this.words.push(...this.left.splice(0))
  }

  private takeName(word: string): void {
    const end = word.indexOf('=')
    const name = word.slice('--'.length, end < 0 ? word.length : end)
    const value = end < 0 ? undefined : word.slice(end + 1)
    if (this.takes(name, 'value')) return this.takeValue(name, value)
    const isOff = name.startsWith('no-')
    const flag = isOff ? name.slice('no-'.length) : name
    if (value !== undefined && this.takes(flag, 'nothing')) throw flagWithValue(flag, isOff, value)
    this.add(flag, !isOff)
  }

  private takeLetters(word: string): void {
    const letters = [...word].slice(1)
    for (const [at, letter] of letters.entries()) {
      const behind = letters.slice(at + 1).join('')
      if (this.takes(letter, 'value'))
        return this.takeValue(letter, behind === '' ? undefined : behind.replace(/^=/, ''))
      if (behind.startsWith('=') && this.takes(letter, 'nothing')) throw usage(`-${letter} takes no value`)
      this.add(letter, true)
    }
  }

  /** `attached` stood in the same word; else the next word is the value, whatever it is. */
  private takeValue(name: string, attached: string | undefined): void {
    const value = attached ?? this.left.shift()
    if (value === undefined) throw usage(`${dashed(name)} needs a value`)
    this.add(name, value)
  }

  private takes(name: string, what: 'value' | 'nothing'): boolean {
    return Object.hasOwn(this.table, name) && (this.table[name]!.takes === 'flag') === (what === 'nothing')
  }

  private add(name: string, value: unknown): void {
    this.given.set(name, this.given.has(name) ? [this.given.get(name), value].flat() : value)
  }
}

/** A number below zero is a word. */
function isLetters(word: string): boolean {
  return word.startsWith('-') && word !== '-' && !/^-(\d+(\.\d+)?|\.\d+)$/.test(word)
}

/** @returns the option as it is typed. */
export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`
}

function usage(sentence: string): ConcurError {
  return new ConcurError('USAGE', sentence)
}
