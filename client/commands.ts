/**
 * The one table of commands. It drives the reading of argv, the help, the completion and what is run; a command's own
 * file is loaded when it is run.
 */
import { type OptionTable, readOptions, type ValuesOf } from '../protocol/options.ts'
import { catOptions, getOptions, lsOptions, statOptions, statusOptions } from './command-options.ts'
import type { CommandContext, ExitStatus } from './commands/context.ts'

/** What stands behind the command's name. */
export interface Positional {
  readonly name: string
  readonly required: boolean
  readonly many: boolean
}

type Given = Readonly<Record<string, unknown>>

export interface Command {
  readonly describe: string
  readonly positional: Positional | null
  readonly options: OptionTable
  /** One letter → the option that it stands for. */
  readonly letters: Readonly<Record<string, string>>
  /** Standard output carries a file's bytes, and a failure is told on standard error. */
  readonly takesStdout: (given: Given) => boolean
  /** @throws ConcurError USAGE for an option whose value cannot be. */
  readonly prepare: (words: readonly string[], given: Given) => Run
}

export type Run = (context: CommandContext) => Promise<ExitStatus>

interface Definition<T extends OptionTable>
  extends Omit<Command, 'prepare' | 'options' | 'letters' | 'takesStdout'> {
  readonly options: T
  readonly letters?: { readonly [letter: string]: keyof T & string }
  readonly takesStdout?: Command['takesStdout']
  readonly run: (
    context: CommandContext,
    words: readonly string[],
    values: ValuesOf<T>,
  ) => Promise<ExitStatus>
}

function command<const T extends OptionTable>(definition: Definition<T>): Command {
  const { describe, positional, options, letters = {}, takesStdout = () => false, run } = definition
  return {
    describe,
    positional,
    options,
    letters,
    takesStdout,
    prepare(words, given) {
      const values = readOptions(options, { argv: given, environment: {}, config: null })
      return context => run(context, words, values)
    },
  }
}

const path = { name: 'PATH', required: true, many: false }

export const commands: Readonly<Record<string, Command>> = {
  get: command({
    describe: 'the verified read: compare the copies, save what they agree on',
    positional: { ...path, many: true },
    options: getOptions,
    letters: { o: 'output', r: 'recursive' },
    takesStdout: ({ output }) => [output].flat().at(-1) === '-',
    run: async (context, paths, values) => (await import('./commands/get.ts')).get(context, paths, values),
  }),
  cat: command({
    describe: 'the verified read, to standard output',
    positional: path,
    options: catOptions,
    takesStdout: () => true,
    run: async (context, [path], values) => (await import('./commands/cat.ts')).cat(context, path!, values),
  }),
  ls: command({
    describe:
      'what any copy holds, with a mark: = the same  + - some node lacks it  * differs  ! not compared',
    positional: { ...path, required: false },
    options: lsOptions,
    letters: { l: 'long', R: 'recursive' },
    run: async (context, [path], values) =>
      (await import('./commands/ls.ts')).ls(context, path ?? '', values),
  }),
  stat: command({
    describe: 'the verdict without the bytes: size, digest, time, holders',
    positional: path,
    options: statOptions,
    run: async (context, [path], values) => (await import('./commands/stat.ts')).stat(context, path!, values),
  }),
  status: command({
    describe: 'one screen of coordinator and replicas',
    positional: null,
    options: statusOptions,
    run: async (context, _, values) => (await import('./commands/status.ts')).status(context, values),
  }),
}
