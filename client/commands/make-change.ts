/** One change as the commands make it: sent with progress, and told to people and programs. */

import type { Done } from '../../protocol/change-messages.ts'
import type { ConcurError } from '../../protocol/errors.ts'
import { NoServerError } from '../connecting.ts'
import type { ByteSource } from '../sending/byte-source.ts'
import type { ChangeListener } from '../sending/change.ts'
import type { Wish } from '../sending/wish.ts'
import { ReaderGoneError } from '../terminal/output.ts'
import type { Work } from '../terminal/progress.ts'
import { changeDocument, failureDocument } from '../words/change-documents.ts'
import { changeLines, lateSentence, remarkLines } from '../words/change-lines.ts'
import { printable } from '../words/printable.ts'
import { tellable } from '../words/tellable.ts'
import { undoOf } from '../words/undo.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { printDocument, printLines, printVerdict, reportError } from './report.ts'

export interface WantedChange {
  readonly command: string
  /** What a person calls it: the path, or both paths. */
  readonly subject: string
  readonly wish: Wish
  readonly source: ByteSource | null
  /** What is said when there was nothing to do. */
  readonly nothingToDo: string
}

export type ChangeOutcome = { readonly done: Done } | { readonly error: ConcurError }

/** @returns the exit status. @throws NoServerError; ReaderGoneError. */
export async function makeChange(context: CommandContext, wanted: WantedChange): Promise<ExitStatus> {
  return reportChange(context, wanted, await sendChange(context, wanted))
}

/** @throws NoServerError, ReaderGoneError: those end the command. Everything else is an outcome. */
export async function sendChange(context: CommandContext, wanted: WantedChange): Promise<ChangeOutcome> {
  const work = context.progress.begin(wanted.subject)
  try {
    const listener = listenerFor(context, wanted, work)
    return { done: await context.client.change(wanted.wish, wanted.source, listener) }
  } catch (error) {
    if (error instanceof NoServerError || error instanceof ReaderGoneError) throw error
    return { error: tellable(error) }
  } finally {
    work.end()
  }
}

function listenerFor(context: CommandContext, wanted: WantedChange, work: Work): ChangeListener {
  let isAgain = false
  let isTold = false
  return {
    onBegin(bytes) {
      if (isAgain) work.restart()
      isAgain = true
      work.expect(bytes ?? 0)
    },
    onSent: bytes => work.received(bytes),
    onLost({ message }) {
      if (isTold || context.json || context.quiet) return
      isTold = true
      const line = `${printable(wanted.subject)}: ${printable(message)}; sent again as the same operation`
      void printLines(context, [line], context.err).catch(() => {})
    },
  }
}

/** @returns the exit status: `--strict` wants every configured node to have it. */
export async function reportChange(
  context: CommandContext,
  wanted: WantedChange,
  outcome: ChangeOutcome,
): Promise<ExitStatus> {
  if ('error' in outcome) {
    await reportRefusal(context, wanted.subject, outcome.error)
    return 2
  }
  const { done } = outcome
  if (context.json) await printDocument(context, changeDocument(done, wanted.subject))
  else if (done.error !== null) await reportError(context, lateSentence(done), wanted.subject)
  else
    await printVerdict(context, [...changeLines(wanted, done, context.paintOut), ...undoLines(wanted, done)])
  return statusOf(context, done)
}

/** One change of many: what every node has is not worth a line to a person. */
export async function reportOneOfMany(
  context: CommandContext,
  wanted: WantedChange,
  outcome: ChangeOutcome,
): Promise<void> {
  const isQuietlyDone =
    'done' in outcome && outcome.done.error === null && remarkLines(outcome.done).length === 0
  if (context.json || !isQuietlyDone) await reportChange(context, wanted, outcome)
}

function undoLines({ wish }: WantedChange, done: Done): string[] {
  const undo = undoOf(wish, done)
  return undo === null ? [] : [`undo: ${undo}`]
}

export function statusOf({ strict }: CommandContext, { error, behind }: Done): ExitStatus {
  return error !== null || (strict && behind.length > 0) ? 2 : 0
}

/** What changed nothing. */
export async function reportRefusal(
  context: CommandContext,
  subject: string,
  error: ConcurError,
): Promise<void> {
  if (context.json) await printDocument(context, failureDocument(error, subject))
  else await reportError(context, error, subject)
}
