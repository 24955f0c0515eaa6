/** The global options from all their sources; the only file of the client's that reads a config file. */
import { readFileSync, statSync } from 'node:fs'
import { ConcurError } from '../protocol/errors.ts'
import { type ConfigFile, parseConfig } from '../protocol/option-sources.ts'
import { readOptions } from '../protocol/options.ts'
import type { Given } from './arguments.ts'
import { type GlobalValues, globalOptions } from './global-options.ts'
import { systemCode, systemReason } from './words/system-reason.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ConfigSources {
  /** What stood on the command line; options of a command are passed over. */
  readonly given: Given
  readonly environment: Environment
  /** The machine's config file, read where the person has none. */
  readonly machineConfig: string
}

/** @throws ConcurError USAGE. */
export function readGlobals({ given, environment, machineConfig }: ConfigSources): GlobalValues {
  const argv = Object.fromEntries(
    Object.entries(given).filter(([name]) => Object.hasOwn(globalOptions, name)),
  )
  const { config: file } = readOptions(
    { config: globalOptions.config },
    { argv: argv.config === undefined ? {} : { config: argv.config }, environment, config: null },
  )
  const config = file === null ? defaultConfig(environment, machineConfig) : namedConfig(file)
  return readOptions(globalOptions, { argv, environment, config })
}

function namedConfig(file: string): ConfigFile {
  const config = readConfig(file)
  if (config === null) throw unreadable(file, 'no such file or directory')
  return config
}

function defaultConfig(environment: Environment, machineConfig: string): ConfigFile | null {
  const folder = environment.XDG_CONFIG_HOME || (environment.HOME ? `${environment.HOME}/.config` : '')
  return (folder === '' ? null : readConfig(`${folder}/concur/config.json`)) ?? readConfig(machineConfig)
}

/** @returns null when there is no such file. @throws ConcurError USAGE when it cannot be read, or is no JSON object. */
function readConfig(file: string): ConfigFile | null {
  let text: string
  try {
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return null
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return null
    throw unreadable(file, systemReason(error))
  }
  return parseConfig(file, text)
}

function unreadable(file: string, reason: string): ConcurError {
  return new ConcurError(
    'USAGE',
    `--config must be a JSON file that can be read, not ${JSON.stringify(file)}: ${reason}`,
  )
}
