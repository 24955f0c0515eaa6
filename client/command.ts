/** What a command is to the client: its words and options, for argv and for the help, and what is run. */
import { type OptionTable, readOptions, type ValuesOf } from '../protocol/options.ts'
import type { CommandContext } from './commands/context.ts'

/** A word behind the command's name, or any number of words at its place. Those that may be left out come last. */
export interface Positional {
  readonly name: string
  readonly required: boolean
  readonly many: boolean
  /** Its words stand behind `--`, and only they do. */
  readonly behindDashes?: boolean
}

type Given = Readonly<Record<string, unknown>>

export interface Command {
  readonly describe: string
  readonly positionals: readonly Positional[]
  readonly options: OptionTable
  /** One letter → the option that it stands for. */
  readonly letters: Readonly<Record<string, string>>
  /** Standard output is a file's or a program's, and a failure is told on standard error. `words`: behind the command. */
  readonly takesStdout: (given: Given, words: readonly string[]) => boolean
  /** @throws ConcurError USAGE for an option whose value cannot be. */
  readonly prepare: (words: readonly string[], given: Given) => Run
}

/** By their names. */
export type CommandTable = Readonly<Record<string, Command>>

/** @returns the exit status. */
export type Run = (context: CommandContext) => Promise<number>

interface Definition<T extends OptionTable>
  extends Omit<Command, 'prepare' | 'options' | 'letters' | 'takesStdout'> {
  readonly options: T
  readonly letters?: { readonly [letter: string]: keyof T & string }
  readonly takesStdout?: Command['takesStdout']
  readonly run: (context: CommandContext, words: readonly string[], values: ValuesOf<T>) => Promise<number>
}

export function command<const T extends OptionTable>(definition: Definition<T>): Command {
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

/** A word that is a path. */
export const path = { name: 'PATH', required: true, many: false }
