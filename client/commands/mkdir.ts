/** `mkdir`: a folder; with `-p` the folders above it as well, and it may be there. */
import { ConcurError } from '../../protocol/errors.ts'
import { type ConditionOptions, conditionsOf } from './change-conditions.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { makeChange, reportRefusal } from './make-change.ts'
import { readPath } from './path-argument.ts'

export type MkdirOptions = ConditionOptions & { readonly parents: boolean }

/** @throws ConcurError USAGE; NoServerError; ReaderGoneError. */
export async function mkdir(
  context: CommandContext,
  typed: string,
  options: MkdirOptions,
): Promise<ExitStatus> {
  const conditions = conditionsOf(options)
  const path = readPath(typed)
  if (path instanceof ConcurError) {
    await reportRefusal(context, typed, path)
    return 2
  }
  return makeChange(context, {
    command: 'mkdir',
    subject: path.path,
    wish: { ...conditions, what: { type: 'mkdir', path: path.path, parents: options.parents } },
    source: null,
    nothingToDo: 'is there already',
  })
}
