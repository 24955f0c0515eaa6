/** `verify`: compares all copies; a line for each that is not the same everywhere, and one for the whole. */
import { ConcurError } from '../../protocol/errors.ts'
import type { Row } from '../../protocol/messages.ts'
import { wholeTree } from '../../protocol/path.ts'
import type { Verified } from '../../protocol/sum-messages.ts'
import { NoServerError } from '../connecting.ts'
import type { RowReceiver } from '../reading/read-rows.ts'
import { ReaderGoneError } from '../terminal/output.ts'
import { rowDocument } from '../words/documents.ts'
import { jsonText } from '../words/printable.ts'
import { differenceLine } from '../words/row-lines.ts'
import { tellable } from '../words/tellable.ts'
import { DifferenceCount, verifyLine } from '../words/verify-line.ts'
import { reasonOf } from '../words/version-words.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { refuseNoFolder } from './folder-meant.ts'
import { readFolder } from './path-argument.ts'
import { printLines, printVerdict, reportFailure } from './report.ts'

export interface VerifyOptions {
  /** Every byte on every node is read. */
  readonly deep: boolean
}

/** @throws NoServerError; ReaderGoneError. */
export async function verify(
  context: CommandContext,
  typed: string,
  { deep }: VerifyOptions,
): Promise<ExitStatus> {
  const folder = readFolder(typed)
  if (folder instanceof ConcurError) {
    await reportFailure(context, folder, typed)
    return 2
  }
  const { path } = folder
  const subject = path === wholeTree ? null : path
  const work = context.progress.begin(subject ?? '/')
  try {
    const refusal = await refuseNoFolder(context, folder)
    if (refusal !== null) throw refusal
    const report = new DifferenceReport(context, deep)
    const receiver: RowReceiver = {
      onRows: rows => report.onRows(rows),
      onProgress: progress => work.comparing(progress),
    }
    const verified = await context.client.verify(path, { deep }, receiver)
    return await report.end(verified, subject)
  } catch (error) {
    if (error instanceof NoServerError || error instanceof ReaderGoneError) throw error
    await reportFailure(context, tellable(error), subject)
    return 2
  } finally {
    work.end()
  }
}

class DifferenceReport {
  private readonly context: CommandContext
  private readonly deep: boolean
  private readonly count = new DifferenceCount()

  constructor(context: CommandContext, deep: boolean) {
    this.context = context
    this.deep = deep
  }

  async onRows(rows: readonly Row[]): Promise<void> {
    const { context } = this
    for (const { mark } of rows) if (mark !== null) this.count.add(mark)
    const lines = rows.map(row =>
      context.json ? jsonText(rowDocument(row)) : differenceLine(row, context.paintOut),
    )
    await printLines(context, lines, context.out)
  }

  async end(verified: Verified, subject: string | null): Promise<ExitStatus> {
    const { context, count, deep } = this
    const { unreachable } = verified
    if (!context.json) await printVerdict(context, [verifyLine(verified, { count, deep })])
    if (unreachable.length > 0) {
      const said = unreachable.map(({ node }) => `${node} ${reasonOf(node, unreachable, 'did not answer')}`)
      await reportFailure(context, { code: 'UNREACHABLE', message: said.join('; ') }, subject)
    }
    if (count.of('!') > 0) return 2
    if (count.of('*', '+', '-', '~') > 0) return 1
    return unreachable.length > 0 ? 2 : 0
  }
}
