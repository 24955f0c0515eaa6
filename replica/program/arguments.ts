/**
 * How a server reads what it was told: argv by yargs under the server's own table of options, then environment and
 * config file. yargs only splits and prints help; what a value means, and whether it can be, options.ts says.
 */
import { readFileSync, statSync } from 'node:fs'
import yargs from 'yargs'
import { ConcurError } from '../../protocol/errors.ts'
import { refuseFlagValues, refuseSplit, splitAsTyped } from '../../protocol/option-argv.ts'
import type { Option } from '../../protocol/option-kinds.ts'
import { type ConfigFile, parseConfig, refuseValue } from '../../protocol/option-sources.ts'
import { type OptionTable, readOptions, type ValuesOf } from '../../protocol/options.ts'
import type { ServerTable } from './server-options.ts'

export interface Usage<T extends OptionTable> {
  /** The program's name as typed. */
  readonly program: string
  /** One sentence on what it is. */
  readonly summary: string
  readonly version: string
  /** Columns for --help. */
  readonly columns: number
  readonly options: T
  /** What has to be given, as it is typed. */
  readonly synopsis: string
  /** The last words of --help. */
  readonly epilogue: string
}

export type Asked =
  /** Help or version: print the text and be done. */
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'run'; readonly argv: Readonly<Record<string, unknown>> }

const helpColumnsMax = 110

/** Where the options of a server may stand. */
export const sourcesOfOptions =
  'An option may also stand in the environment (CONCUR_LOG_LEVEL=warn; lists by comma, flags 1 or 0) or in the --config ' +
  'file. The command line wins, then the environment.'

/**
 * @param argv the words behind the program's name.
 * @throws ConcurError USAGE for words that are not options of the program.
 */
export function splitArguments<T extends OptionTable>(usage: Usage<T>, argv: readonly string[]): Asked {
  const { options } = usage
  let complaint: string | null = null
  let text = ''
  const split = parserOf(usage).parse([...argv], {}, (error, _split, output) => {
    complaint = error?.message ?? null
    text = output
  })
  const { _: words, $0, help, version, ...given } = split as Record<string, unknown>
  if (help === true || version === true) return { is: 'text', text }
  refuseFlagValues(options, argv)
  const [word] = words as string[]
  if (word !== undefined)
    throw new ConcurError('USAGE', `${usage.program} takes options only, not ${JSON.stringify(word)}`)
  if (complaint !== null) refuseSplit(options, complaint)
  return { is: 'run', argv: given }
}

/**
 * @returns the values of the options, from all sources; the config file and the root are looked at on disk.
 * @throws ConcurError USAGE in one sentence.
 */
export function readServerOptions<T extends ServerTable>(
  options: T,
  { argv, environment }: { argv: Readonly<Record<string, unknown>>; environment: NodeJS.ProcessEnv },
): ValuesOf<T> {
  const onlyConfig = { argv: 'config' in argv ? { config: argv.config } : {}, environment, config: null }
  const { config: file } = readOptions({ config: options.config }, onlyConfig)
  const values = readOptions(options, {
    argv,
    environment,
    config: file === null ? null : readConfigFile(file),
  })
  const { root } = values as unknown as ValuesOf<ServerTable>
  if (!isFolder(root)) refuseValue('--root', options.root.allowed, root)
  return values
}

function parserOf<T extends OptionTable>(usage: Usage<T>) {
  const { program, summary, version, columns, options, synopsis, epilogue } = usage
  const parser = yargs()
    .scriptName(program)
    .locale('en')
    .usage(`$0 ${synopsis} [options]\n\n${summary}`)
    .epilogue(epilogue)
    .parserConfiguration(splitAsTyped)
    .version(version)
    .help()
    .wrap(Math.min(columns, helpColumnsMax))
    .exitProcess(false)
  for (const [name, option] of Object.entries(options)) parser.option(name, shownAs(option))
  return parser
}

/** An option in the words of yargs. Values stay texts. */
function shownAs({ takes, describe, placeholder, required, default: standard }: Option<unknown>) {
  if (takes === 'flag')
    return { type: 'boolean', describe, defaultDescription: standard === '1' ? 'on' : 'off' } as const
  return {
    type: 'string',
    array: takes === 'many',
    ...(takes === 'one' ? { nargs: 1 } : { requiresArg: true }),
    describe: `${placeholder}  ${describe}${required ? ' (required)' : ''}`,
    ...(standard === null ? {} : { defaultDescription: standard }),
  } as const
}

function readConfigFile(file: string): ConfigFile {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConcurError(
      'USAGE',
      `--config must be a JSON file that can be read, not ${JSON.stringify(file)} (${code})`,
    )
  }
  return parseConfig(file, text)
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
