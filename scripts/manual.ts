/** The manual page of the client, from the tables that drive it. Pure. */
import type { Command, CommandTable, Positional } from '../client/command.ts'
import type { OptionTable } from '../protocol/options.ts'

/** @returns concur(1) in the language of man(7). `date`: of the version, as 2026-11-28. */
export function manualPage(of: {
  readonly commands: CommandTable
  readonly globalOptions: OptionTable
  readonly version: string
  readonly date: string
}): string {
  return [
    `.TH CONCUR 1 ${of.date} "concur ${of.version}" "User Commands"`,
    '.SH NAME',
    'concur \\- a replicated file server that compares the copies at every read',
    '.SH SYNOPSIS',
    '.B concur',
    '[\\fIoptions\\fR] \\fICOMMAND\\fR [\\fIarguments\\fR]',
    '.SH DESCRIPTION',
    ...paragraph(
      'Asks the coordinator, which compares the copies of all nodes at every read: SINGLE_FILE where they agree, DIFFERENT_FILES with every version where they do not. Options stand before or after COMMAND; -- ends them. - as FILE or TEXT is standard input.',
    ),
    '.SH COMMANDS',
    ...Object.entries(of.commands).flatMap(([name, command]) => commandEntry(name, command)),
    '.SH OPTIONS',
    ...optionEntries(of.globalOptions, {}),
    '.SH EXIT STATUS',
    ...entry('0', 'done; the copies that answered do not differ'),
    ...entry('1', 'copies differ; for check, somebody else holds the lock'),
    ...entry('2', 'anything else: an error, a refused change, wrong usage, a time-out'),
    ...entry('130', 'Ctrl-C'),
    '.SH FILES',
    ...entry('~/.config/concur/config.json', 'options, as a JSON object of their names'),
    ...entry('/etc/concur/client.json', 'the same for everybody on this machine, where a person has none'),
    '.SH ENVIRONMENT',
    ...paragraph('Each option may stand there as well: --client-id as CONCUR_CLIENT_ID.'),
    '.SH SEE ALSO',
    ...paragraph('concur-coordinator --help, concur-replica --help'),
    '',
  ].join('\n')
}

function commandEntry(name: string, { positionals, describe, options, letters }: Command): string[] {
  const own = optionEntries(options, letters)
  return [
    '.TP',
    `\\fB${escaped(name)}\\fR${positionals.map(positionalText).join('')}`,
    escaped(describe),
    ...(own.length === 0 ? [] : ['.RS', ...own, '.RE']),
  ]
}

function positionalText({ name, required, many, behindDashes = false }: Positional): string {
  const shown = `\\fI${escaped(name)}\\fR${many ? '…' : ''}`
  if (behindDashes) return ` [\\-\\- ${shown}]`
  return required ? ` ${shown}` : ` [${shown}]`
}

function optionEntries(table: OptionTable, letters: Readonly<Record<string, string>>): string[] {
  return Object.entries(table).flatMap(([name, { describe, takes, placeholder }]) => {
    const letter = Object.keys(letters).find(key => letters[key] === name)
    const shown = `${letter === undefined ? '' : `\\-${letter}, `}\\-\\-${escaped(name)}`
    const value = takes === 'flag' ? '' : ` \\fI${escaped(placeholder ?? 'VALUE')}\\fR`
    return ['.TP', `\\fB${shown}\\fR${value}`, escaped(describe)]
  })
}

function entry(term: string, text: string): string[] {
  return ['.TP', `\\fB${escaped(term)}\\fR`, escaped(text)]
}

function paragraph(text: string): string[] {
  return [escaped(text)]
}

/** A line that begins with a dot or a quote would be a command. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(['.])/, '\\&$1')
}
