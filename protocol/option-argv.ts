/**
 * What must be kept in mind when argv is split by `yargs` or `yargs-parser`: neither may convert, rename or guess. Pure:
 * neither is loaded here. With these settings names and values arrive as they were typed, `-` included.
 */
import { ConcurError } from './errors.ts'
import type { OptionTable } from './options.ts'

export const splitAsTyped = {
  'camel-case-expansion': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
  'greedy-arrays': false,
  'parse-numbers': false,
  'parse-positional-numbers': false,
} as const

/** What `yargs-parser` must know of a table's options: those that take values are strings, always. */
export function parserOptions(table: OptionTable) {
  const named = (takes: string) => Object.keys(table).filter(name => table[name]!.takes === takes)
  return {
    boolean: named('flag'),
    string: [...named('one'), ...named('many')],
    array: named('many'),
    narg: Object.fromEntries(named('one').map(name => [name, 1])),
    configuration: splitAsTyped,
  }
}

/**
 * Both parsers read `--flag=anything` as off; here it is refused.
 * @throws ConcurError USAGE.
 */
export function refuseFlagValues(table: OptionTable, argv: readonly string[]): void {
  for (const word of argv) {
    if (word === '--') return
    const [, no, name, value] = /^--(no-)?([^=]+)=(.*)$/s.exec(word) ?? []
    if (name === undefined || !Object.hasOwn(table, name) || table[name]!.takes !== 'flag') continue
    const other = no === undefined ? `--no-${name} switches it off` : `--${name} switches it on`
    throw new ConcurError(
      'USAGE',
      `--${no ?? ''}${name} must be given without a value (${other}), not ${JSON.stringify(value)}`,
    )
  }
}

/**
 * @param message what either parser complains of; `yargs-parser` does so only in `parse.detailed(…).error`.
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
