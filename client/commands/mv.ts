/** `mv`: another name for a file or folder, or the same name inside another folder. */
import { ConcurError } from '../../protocol/errors.ts'
import { childPath, type FilePath, lastPart } from '../../protocol/path.ts'
import { type ConditionOptions, conditionsOf } from './change-conditions.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { refuseNoFolder } from './folder-meant.ts'
import { makeChange, reportRefusal } from './make-change.ts'
import { readPath } from './path-argument.ts'

export type MvOptions = ConditionOptions & { readonly force: boolean }

/** @throws ConcurError USAGE; NoServerError; ReaderGoneError. */
export async function mv(
  context: CommandContext,
  [old, typedNew]: readonly [string, string],
  options: MvOptions,
): Promise<ExitStatus> {
  const conditions = conditionsOf(options)
  const from = readPath(old)
  if (from instanceof ConcurError) return refuse(context, old, from)
  const to = targetOf(from.path, typedNew)
  if (to instanceof ConcurError) return refuse(context, typedNew, to)
  const noFolder = await refuseNoFolder(context, from)
  if (noFolder !== null) return refuse(context, from.path, noFolder)
  return makeChange(context, {
    command: 'mv',
    subject: `${from.path} → ${to}`,
    wish: { ...conditions, what: { type: 'rename', from: from.path, to, force: options.force } },
    source: null,
    nothingToDo: 'nothing to do',
  })
}

/** A `/` at the end of NEW puts it inside. */
function targetOf(from: FilePath, typed: string): FilePath | ConcurError {
  const target = readPath(typed)
  if (target instanceof ConcurError || !target.meansFolder)
    return target instanceof ConcurError ? target : target.path
  return childPath(target.path, lastPart(from)) ?? new ConcurError('BAD_PATH', 'not a path: it gets too long')
}

async function refuse(context: CommandContext, subject: string, error: ConcurError): Promise<ExitStatus> {
  await reportRefusal(context, subject, error)
  return 2
}
