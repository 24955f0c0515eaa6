/** `unlock`: this client's id gives its lock back; with `--steal` anybody's lock ends. */
import { lockDocument } from '../words/lock-documents.ts'
import { unlockLine } from '../words/lock-lines.ts'
import { askOfLock } from './ask-of-lock.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { printDocument, printVerdict } from './report.ts'

/** @throws NoServerError; ReaderGoneError. */
export async function unlock(
  context: CommandContext,
  typed: string,
  { steal }: { readonly steal: boolean },
): Promise<ExitStatus> {
  const answer = await askOfLock(context, { typed, ask: path => context.client.unlock({ path, steal }) })
  if (answer === null) return 2
  const { path, state } = answer
  if (context.json) await printDocument(context, lockDocument(path, state))
  else await printVerdict(context, [unlockLine(path, state, context.clock.nowMs())])
  return 0
}
