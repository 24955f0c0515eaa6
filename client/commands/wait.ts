/** `wait`: until every configured node has applied everything so far. */
import { ConcurError } from '../../protocol/errors.ts'
import { type FolderPath, wholeTree } from '../../protocol/path.ts'
import { NoServerError } from '../connecting.ts'
import { waitDocument } from '../words/change-documents.ts'
import { behindText } from '../words/change-lines.ts'
import { durationText } from '../words/quantities.ts'
import { tellable } from '../words/tellable.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { readFolder } from './path-argument.ts'
import { printDocument, printVerdict, reportError, reportFailure } from './report.ts'

/** @throws NoServerError; ReaderGoneError. */
export async function wait(
  context: CommandContext,
  typed: string,
  { timeout: timeoutMs }: { readonly timeout: number },
): Promise<ExitStatus> {
  const folder = readFolder(typed)
  if (folder instanceof ConcurError) {
    await reportFailure(context, folder, typed)
    return 2
  }
  const subject = folder.path === wholeTree ? null : folder.path
  const waited = await ask(context, folder.path, timeoutMs)
  if (waited instanceof ConcurError) {
    await reportFailure(context, waited, subject)
    return 2
  }
  const isReached = waited.behind.length === 0
  const message = `after ${timeText(timeoutMs)} still behind seq ${waited.seq}: ${behindText(waited.behind)}`
  const error = isReached ? null : ({ code: 'TIMEOUT', message } as const)
  if (context.json) await printDocument(context, waitDocument(waited, error))
  else if (error !== null) await reportError(context, error, subject)
  else await printVerdict(context, [`every node has what was changed up to seq ${waited.seq}`])
  return isReached ? 0 : 2
}

/** As it was asked for, where whole seconds would not say it. */
function timeText(ms: number): string {
  return ms < 60_000 && ms % 1_000 !== 0 ? `${ms / 1_000} s` : durationText(ms)
}

async function ask(context: CommandContext, path: FolderPath, timeoutMs: number) {
  const work = context.progress.begin('waiting')
  try {
    return await context.client.wait(path, timeoutMs)
  } catch (error) {
    if (error instanceof NoServerError) throw error
    return tellable(error)
  } finally {
    work.end()
  }
}
