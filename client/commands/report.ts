/** Telling people and programs what came of a read. Verdicts go where the command says, errors to standard error. */
import type { Output } from '../terminal/output.ts'
import { failureDocument, readDocument } from '../words/documents.ts'
import { jsonText } from '../words/printable.ts'
import { namingSubject } from '../words/subject.ts'
import { errorLine, settlingLines, verdictLines } from '../words/verdict-lines.ts'
import type { CommandContext } from './context.ts'
import type { Outcome } from './verified-read.ts'

export interface ReportOptions {
  /** Standard output is taken by the file's own bytes. */
  readonly toStderr: boolean
  /** Versions that differ are told with the commands that make them one. */
  readonly settles: boolean
}

export async function reportRead(
  context: CommandContext,
  outcome: Outcome,
  { toStderr, settles }: ReportOptions,
): Promise<void> {
  if (context.json)
    return printDocument(context, readDocument({ ...outcome, savedAs: outcome.kept }), toStderr)
  const { path, verdict, kept: savedAs } = outcome
  if (outcome.error !== null) return reportError(context, outcome.error, path)
  const paint = toStderr ? context.paintErr : context.paintOut
  const wording = { paint, nowMs: context.clock.nowMs(), inDetail: false }
  const lines = verdictLines({ path, verdict: verdict!, savedAs, sha256: [] }, wording)
  await printVerdict(context, settles ? [...lines, ...settlingLines(path, verdict!)] : lines, toStderr)
}

/** Lines that `--quiet` drops. */
export async function printVerdict(
  context: CommandContext,
  lines: readonly string[],
  toStderr = false,
): Promise<void> {
  if (!context.quiet) await printLines(context, lines, toStderr ? context.err : context.out)
}

export async function printDocument(
  context: CommandContext,
  document: Record<string, unknown>,
  toStderr = false,
): Promise<void> {
  await printLines(context, [jsonText(document)], toStderr ? context.err : context.out)
}

/** An error line for people. `subject`: the path that was asked for. */
export async function reportError(
  context: CommandContext,
  error: { code: string; message: string },
  subject: string | null,
): Promise<void> {
  await printLines(context, [errorLine(error, subject, context.paintErr)], context.err)
}

/** The failure of a command whose documents have no place for an error. */
export async function reportFailure(
  context: CommandContext,
  error: { code: string; message: string },
  subject: string | null,
  toStderr = false,
): Promise<void> {
  const { code, message } = error
  const document = failureDocument({ code, message: namingSubject(message, subject) })
  if (context.json) await printDocument(context, document, toStderr)
  else await reportError(context, error, subject)
}

export async function printLines(
  context: CommandContext,
  lines: readonly string[],
  output: Output,
): Promise<void> {
  if (lines.length === 0) return
  context.progress.hide()
  await output.write(`${lines.join('\n')}\n`)
}
