/**
 * Options, pure: a table of definitions and what stood on the command line, in the environment and in the config file
 * become values, or a refusal. The type of the values follows from the table. The first source that gives an option
 * wins: command line, environment, config file, default.
 */
import { ConcurError } from './errors.ts'
import type { Option } from './option-kinds.ts'
import {
  type ConfigFile,
  type Given,
  givenInConfig,
  givenInEnvironment,
  givenOnCommandLine,
  namesInConfig,
  refuseValue,
} from './option-sources.ts'

/** Option name, without dashes in front → definition. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>

/** Option name → value. */
export type ValuesOf<T extends OptionTable> = {
  readonly [K in keyof T]: T[K] extends Option<infer V> ? V : never
}

export interface OptionSources {
  /**
   * Option name → what stood on the command line, split but not converted: a text, texts where it was given more than
   * once, a boolean for a flag.
   */
  readonly argv: Readonly<Record<string, unknown>>
  /** Variables that are not this program's options are ignored. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Names that are not this program's options are refused. */
  readonly config: ConfigFile | null
}

/**
 * @throws ConcurError USAGE in one sentence that names option, value and what is allowed: for an unknown name on the
 *   command line or in the config file, a value that cannot be, or a required option that is missing.
 */
export function readOptions<T extends OptionTable>(table: T, sources: OptionSources): ValuesOf<T> {
  refuseUnknown(table, sources)
  const values: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(table)) {
    const given =
      givenOnCommandLine(name, option, sources.argv[name]) ??
      givenInEnvironment(name, option, sources.environment) ??
      givenInConfig(name, option, sources.config)
    values[name] = given === null ? readDefault(name, option) : readGiven(option, given)
  }
  return values as ValuesOf<T>
}

function refuseUnknown(table: OptionTable, { argv, config }: OptionSources): void {
  for (const name of Object.keys(argv)) {
    if (!Object.hasOwn(table, name))
      throw new ConcurError('USAGE', `${dashed(name)} is not an option; --help lists them`)
  }
  for (const name of config === null ? [] : namesInConfig(config)) {
    if (!Object.hasOwn(table, name)) {
      throw new ConcurError(
        'USAGE',
        `${JSON.stringify(name)} in ${config!.file} is not an option; --help lists them`,
      )
    }
  }
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`
}

function readGiven(option: Option<unknown>, { where, texts, allowed }: Given): unknown {
  return option.read(texts, text => refuseValue(where, allowed, text))
}

function readDefault(name: string, option: Option<unknown>): unknown {
  if (option.required) throw new ConcurError('USAGE', `--${name} is missing; it must be ${option.allowed}`)
  const texts = option.default === null ? null : option.default.split(option.takes === 'many' ? ',' : /$^/)
  return option.read(texts, text => {
    throw new Error(`the default of --${name} cannot be: ${text}`)
  })
}
