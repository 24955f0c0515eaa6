/** `check`: whether a path is free, locked by this client's id, or by somebody else, which is status 1. */
import { lockDocument } from '../words/lock-documents.ts'
import { checkLine } from '../words/lock-lines.ts'
import { askOfLock } from './ask-of-lock.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { printDocument, printVerdict } from './report.ts'

/** @throws NoServerError; ReaderGoneError. */
export async function check(context: CommandContext, typed: string): Promise<ExitStatus> {
  const answer = await askOfLock(context, { typed, ask: path => context.client.check(path) })
  if (answer === null) return 2
  const { path, state } = answer
  if (context.json) await printDocument(context, lockDocument(path, state))
  else await printVerdict(context, [checkLine(path, state, context.clock.nowMs())])
  return state.state === 'held' ? 1 : 0
}
