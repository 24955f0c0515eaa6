/**
 * Help, version and completion: `yargs`, built from the table of commands and loaded for nothing else, because it takes
 * longer to load than a small file takes to read.
 */
import { readFileSync } from 'node:fs'
import yargs, { type Argv, type Options } from 'yargs'
import type { OptionTable } from '../protocol/options.ts'
import type { Command, CommandTable, Positional } from './command.ts'
import { globalOptions } from './global-options.ts'

/** One folder above this file, in the sources as in dist/. */
const packageFile = `${import.meta.dirname}/../package.json`

const ofEveryCommand = 'Options of every command:'

/** @returns the help of the command, or of the program where there is no such command. */
export function helpText(commands: CommandTable, name: string | undefined): Promise<string> {
  const isKnown = name !== undefined && Object.hasOwn(commands, name)
  return print(isKnown ? commandAlone(name, commands[name]!) : program(commands), ['--help'])
}

/** @returns what stands in package.json. */
export function versionText(): string {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }
  return version
}

/** @returns the script that a shell reads at its start. */
export function completionScript(commands: CommandTable): Promise<string> {
  return print(program(commands), ['completion'])
}

/** @returns what may stand next, a line each. `argv`: as the shell's script gives it. */
export function completions(commands: CommandTable, argv: readonly string[]): Promise<string> {
  return print(program(commands), argv)
}

async function print(yargs: Argv, argv: readonly string[]): Promise<string> {
  let text = ''
  await yargs.parseAsync([...argv], {}, (_error, _argv, output) => {
    text = output
  })
  return text
}

function program(commands: CommandTable): Argv {
  let built = plainYargs()
    .usage('$0 COMMAND [arguments] [options]')
    .completion('completion', 'a script that completes with Tab: source <(concur completion)')
  for (const [name, { positionals, describe, options, letters }] of Object.entries(commands)) {
    built = built.command(`${name}${positionalsText(positionals)}`, describe, command =>
      command.options(yargsOptions(options, letters)),
    )
  }
  return withGlobals(built)
}

function commandAlone(name: string, { positionals, describe, options, letters }: Command): Argv {
  const built = plainYargs().usage(`$0 ${name}${positionalsText(positionals)} [options]\n\n${describe}`)
  return withGlobals(built.options(yargsOptions(options, letters)).group(Object.keys(options), 'Options:'))
}

function plainYargs(): Argv {
  return yargs([]).scriptName('concur').detectLocale(false).exitProcess(false).version(false)
}

function withGlobals(built: Argv): Argv {
  return built
    .options(yargsOptions(globalOptions, {}))
    .option('version', { describe: 'the version', type: 'boolean' })
    .help('help', 'this text')
    .alias('help', 'h')
    .group([...Object.keys(globalOptions), 'help', 'version'], ofEveryCommand)
}

function positionalsText(positionals: readonly Positional[]): string {
  return positionals
    .map(({ name, required, many, behindDashes = false }) => {
      if (behindDashes) return ` [-- ${name}..]`
      const shown = many ? `${name}..` : name
      return required ? ` <${shown}>` : ` [${shown}]`
    })
    .join('')
}

function yargsOptions(
  table: OptionTable,
  letters: Readonly<Record<string, string>>,
): Record<string, Options> {
  const aliases = (name: string) => Object.keys(letters).filter(letter => letters[letter] === name)
  return Object.fromEntries(
    Object.entries(table).map(([name, { describe, takes, placeholder }]) => [
      name,
      {
        describe: takes === 'flag' ? describe : `${placeholder}: ${describe}`,
        type: takes === 'flag' ? 'boolean' : 'string',
        requiresArg: takes !== 'flag',
        alias: aliases(name),
      },
    ]),
  )
}
