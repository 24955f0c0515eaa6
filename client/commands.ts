/**
 * The one table of commands. It drives the reading of argv, the help, the completion and what is run; a command's own
 * file is loaded when it is run.
 */
import { type OptionTable, readOptions, type ValuesOf } from '../protocol/options.ts'
import {
  appendOptions,
  catOptions,
  getOptions,
  logOptions,
  lsOptions,
  mkdirOptions,
  mvOptions,
  putOptions,
  rmOptions,
  statOptions,
  statusOptions,
  waitOptions,
  writeOptions,
} from './command-options.ts'
import type { CommandContext, ExitStatus } from './commands/context.ts'

/** A word behind the command's name, or any number of words at its place. Those that may be left out come last. */
export interface Positional {
  readonly name: string
  readonly required: boolean
  readonly many: boolean
}

type Given = Readonly<Record<string, unknown>>

export interface Command {
  readonly describe: string
  readonly positionals: readonly Positional[]
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
  const { describe, positionals, options, letters = {}, takesStdout = () => false, run } = definition
  return {
    describe,
    positionals,
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
const maybePath = { ...path, required: false }

export const commands: Readonly<Record<string, Command>> = {
  get: command({
    describe: 'the verified read: compare the copies, save what they agree on',
    positionals: [{ ...path, many: true }],
    options: getOptions,
    letters: { o: 'output', r: 'recursive' },
    takesStdout: ({ output }) => [output].flat().at(-1) === '-',
    run: async (context, paths, values) => (await import('./commands/get.ts')).get(context, paths, values),
  }),
  cat: command({
    describe: 'the verified read, to standard output',
    positionals: [path],
    options: catOptions,
    takesStdout: () => true,
    run: async (context, [path], values) => (await import('./commands/cat.ts')).cat(context, path!, values),
  }),
  put: command({
    describe: 'upload files: FILE [PATH], FILE… DIR/, or -r DIR [PATH]',
    positionals: [{ ...path, name: 'FILE', many: true }, maybePath],
    options: putOptions,
    letters: { r: 'recursive' },
    run: async (context, words, values) => (await import('./commands/put.ts')).put(context, words, values),
  }),
  write: command({
    describe: 'make or replace a file: TEXT, or standard input, is its content',
    positionals: [path, { name: 'TEXT', required: false, many: false }],
    options: writeOptions,
    run: async (context, [path, text], values) =>
      (await import('./commands/write.ts')).write(context, [path!, text], values),
  }),
  append: command({
    describe: 'extend a file by TEXT, or by standard input',
    positionals: [path, { name: 'TEXT', required: false, many: false }],
    options: appendOptions,
    run: async (context, [path, text], values) =>
      (await import('./commands/write.ts')).append(context, [path!, text], values),
  }),
  mv: command({
    describe: 'give a file or folder another name; NEW/ puts it inside',
    positionals: [
      { ...path, name: 'OLD' },
      { ...path, name: 'NEW' },
    ],
    options: mvOptions,
    letters: { f: 'force' },
    run: async (context, [from, to], values) =>
      (await import('./commands/mv.ts')).mv(context, [from!, to!], values),
  }),
  rm: command({
    describe: 'delete a file, or with -r a folder',
    positionals: [path],
    options: rmOptions,
    letters: { r: 'recursive', f: 'force' },
    run: async (context, [path], values) => (await import('./commands/rm.ts')).rm(context, path!, values),
  }),
  mkdir: command({
    describe: 'make a folder',
    positionals: [path],
    options: mkdirOptions,
    letters: { p: 'parents' },
    run: async (context, [path], values) =>
      (await import('./commands/mkdir.ts')).mkdir(context, path!, values),
  }),
  ls: command({
    describe:
      'what any copy holds, with a mark: = the same  + - some node lacks it  * differs  ! not compared',
    positionals: [maybePath],
    options: lsOptions,
    letters: { l: 'long', R: 'recursive' },
    run: async (context, [path], values) =>
      (await import('./commands/ls.ts')).ls(context, path ?? '', values),
  }),
  stat: command({
    describe: 'the verdict without the bytes: size, digest, time, holders',
    positionals: [path],
    options: statOptions,
    run: async (context, [path], values) => (await import('./commands/stat.ts')).stat(context, path!, values),
  }),
  status: command({
    describe: 'one screen of coordinator and replicas',
    positionals: [],
    options: statusOptions,
    run: async (context, _, values) => (await import('./commands/status.ts')).status(context, values),
  }),
  log: command({
    describe: 'what was changed, oldest first',
    positionals: [maybePath],
    options: logOptions,
    letters: { n: 'last' },
    run: async (context, [path], values) =>
      (await import('./commands/log.ts')).log(context, path ?? '', values),
  }),
  wait: command({
    describe: 'until every configured node has applied everything so far',
    positionals: [maybePath],
    options: waitOptions,
    run: async (context, [path], values) =>
      (await import('./commands/wait.ts')).wait(context, path ?? '', values),
  }),
}
