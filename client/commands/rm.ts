/** `rm`: a file, or with `-r` a folder with all that is below, goes. */
import { ConcurError } from '../../protocol/errors.ts'
import { type ConditionOptions, conditionsOf } from './change-conditions.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { refuseNoFolder } from './folder-meant.ts'
import { makeChange, reportRefusal } from './make-change.ts'
import { readPath } from './path-argument.ts'

export type RmOptions = ConditionOptions & { readonly recursive: boolean; readonly force: boolean }

/** @throws ConcurError USAGE; NoServerError; ReaderGoneError. */
export async function rm(context: CommandContext, typed: string, options: RmOptions): Promise<ExitStatus> {
  const { recursive, force } = options
  const conditions = conditionsOf(options)
  const path = readPath(typed)
  const refusal = path instanceof ConcurError ? path : await refuseNoFolder(context, path)
  if (path instanceof ConcurError || refusal !== null) {
    await reportRefusal(context, typed, refusal!)
    return 2
  }
  return makeChange(context, {
    command: 'rm',
    subject: path.path,
    wish: { ...conditions, what: { type: 'delete', path: path.path, recursive, force } },
    source: null,
    nothingToDo: 'nothing is there',
  })
}
