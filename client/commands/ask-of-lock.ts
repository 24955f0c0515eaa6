/** What `lock`, `unlock` and `check` have in common: a question about one path, and its failure told. */
import { ConcurError } from '../../protocol/errors.ts'
import type { LockIs } from '../../protocol/lock-messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import { NoServerError } from '../connecting.ts'
import { tellable } from '../words/tellable.ts'
import type { CommandContext } from './context.ts'
import { readPath } from './path-argument.ts'
import { reportFailure } from './report.ts'

export interface LockQuestion {
  readonly typed: string
  readonly ask: (path: FilePath) => Promise<LockIs>
  /** Standard output is somebody else's. */
  readonly toStderr?: boolean
}

export interface LockAnswer {
  readonly path: FilePath
  readonly state: LockIs
}

/** @returns null where there is no answer, which is told then. @throws NoServerError; ReaderGoneError. */
export async function askOfLock(
  context: CommandContext,
  { typed, ask, toStderr = false }: LockQuestion,
): Promise<LockAnswer | null> {
  const argument = readPath(typed)
  if (argument instanceof ConcurError) {
    await reportFailure(context, argument, typed, toStderr)
    return null
  }
  const { path } = argument
  const state = await ask(path).catch(error => {
    if (error instanceof NoServerError) throw error
    return tellable(error)
  })
  if (!(state instanceof ConcurError)) return { path, state }
  await reportFailure(context, state, path, toStderr)
  return null
}
