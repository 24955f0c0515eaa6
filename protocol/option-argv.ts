/**
 * What must be kept in mind when argv is split by `yargs`, which may not convert, rename or guess. Pure: it is not loaded
 * here.
 */
import { ConcurError } from './errors.ts'
import type { OptionTable } from './options.ts'

/** With these settings names and values arrive as they were typed, `-` included. */
export const splitAsTyped = {
  'camel-case-expansion': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
  'greedy-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
} as const

/**
 * `yargs` reads `--flag=anything` as off; here it is refused.
 * @throws ConcurError USAGE.
 */
export function refuseFlagValues(table: OptionTable, argv: readonly string[]): void {
  for (const word of argv) {
    if (word === '--') return
    const [, no, name, value] = /^--(no-)?([^=]+)=(.*)$/s.exec(word) ?? []
    if (name === undefined || !Object.hasOwn(table, name) || table[name]!.takes !== 'flag') continue
    throw flagWithValue(name, no !== undefined, value!)
  }
}

/** `isOff`: it was typed with `--no-`. */
function flagWithValue(name: string, isOff: boolean, value: string): ConcurError {
  const other = isOff ? `--${name} switches it on` : `--no-${name} switches it off`
  return new ConcurError(
    'USAGE',
    `--${isOff ? 'no-' : ''}${name} must be given without a value (${other}), not ${JSON.stringify(value)}`,
  )
}

/**
 * @param message what `yargs` complains of.
 * @throws ConcurError USAGE, in our words where the complaint is a value that was left out.
 */
export function refuseSplit(table: OptionTable, message: string): never {
  const name = /^Not enough arguments following: (\S+)$/.exec(message)?.[1]
  const allowed = name !== undefined && Object.hasOwn(table, name) ? table[name]!.allowed : null
  throw new ConcurError(
    'USAGE',
    allowed === null ? message : `--${name} must be ${allowed}, and no value follows it`,
  )
}
