/** `history`: the contents that a path had and that can still be brought back. */
import { ConcurError } from '../../protocol/errors.ts'
import type { KeptContent } from '../../protocol/history-messages.ts'
import { wholeTree } from '../../protocol/path.ts'
import { NoServerError } from '../connecting.ts'
import { ReaderGoneError } from '../terminal/output.ts'
import { historyDocument, historyLine } from '../words/history-lines.ts'
import { jsonText } from '../words/printable.ts'
import { tellable } from '../words/tellable.ts'
import { reasonOf } from '../words/version-words.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { readFolder } from './path-argument.ts'
import { printLines, reportFailure } from './report.ts'

/** @throws ConcurError USAGE; NoServerError; ReaderGoneError. */
export async function history(context: CommandContext, typed: string): Promise<ExitStatus> {
  const folder = readFolder(typed)
  if (folder instanceof ConcurError) {
    await reportFailure(context, folder, typed)
    return 2
  }
  const { path } = folder
  const subject = path === wholeTree ? null : path
  const work = context.progress.begin(subject ?? '/')
  const lineOf = (content: KeptContent): string =>
    context.json
      ? jsonText(historyDocument(content, path))
      : historyLine(content, { asked: path, nowMs: context.clock.nowMs() })
  try {
    const { unreachable } = await context.client.history(path, {
      onRows: contents => printLines(context, contents.map(lineOf), context.out),
      onProgress: progress => work.comparing(progress),
    })
    const said = unreachable.map(({ node }) => `${node} ${reasonOf(node, unreachable, 'did not answer')}`)
    if (said.length === 0) return 0
    if (context.strict) throw new ConcurError('UNREACHABLE', said.join('; '))
    if (!context.json && !context.quiet)
      await printLines(context, [`not asked: ${said.join('; ')}`], context.err)
    return 0
  } catch (error) {
    if (error instanceof NoServerError || error instanceof ReaderGoneError) throw error
    await reportFailure(context, tellable(error), subject)
    return 2
  } finally {
    work.end()
  }
}
