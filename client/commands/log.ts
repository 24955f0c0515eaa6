/** `log`: the operations, oldest first; with `--follow` those that come as well, until Ctrl-C. */
import { ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import type { LoggedOperation } from '../../protocol/messages.ts'
import { wholeTree } from '../../protocol/path.ts'
import { NoServerError } from '../connecting.ts'
import type { LogWish } from '../reading/follow-log.ts'
import { ReaderGoneError } from '../terminal/output.ts'
import { operationLine } from '../words/log-lines.ts'
import { operationDocument } from '../words/operation-document.ts'
import { jsonText } from '../words/printable.ts'
import { tellable } from '../words/tellable.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { readFolder } from './path-argument.ts'
import { printLines, reportFailure } from './report.ts'

/** With these `--follow` begins. */
const followedLast = 10

/** Milliseconds before a log that was lost is followed again. */
const againAfterMs = 1_000

/** With what a follower goes on as soon as somebody answers. */
const lossCodes: readonly ErrorCode[] = ['UNREACHABLE', 'TIMEOUT', 'BUSY']

export interface LogOptions {
  readonly since: number | null
  readonly last: number | null
  readonly follow: boolean
}

/** @throws NoServerError; ReaderGoneError. */
export async function log(context: CommandContext, typed: string, options: LogOptions): Promise<ExitStatus> {
  const folder = readFolder(typed)
  if (folder instanceof ConcurError) {
    await reportFailure(context, folder, typed)
    return 2
  }
  const { since: sinceSeq, follow } = options
  const last = options.last ?? (follow && sinceSeq === null ? followedLast : null)
  return new Telling(context, { path: folder.path, sinceSeq, last, follow }).run()
}

class Telling {
  private readonly context: CommandContext
  private wish: LogWish
  private told = ''

  constructor(context: CommandContext, wish: LogWish) {
    this.context = context
    this.wish = wish
  }

  /** A server that comes back is what one follows for: it is tried until it does. @throws ReaderGoneError. */
  async run(): Promise<ExitStatus> {
    for (let isFirst = true; ; isFirst = false) {
      try {
        await this.tell()
        return 0
      } catch (error) {
        if (error instanceof ReaderGoneError || (error instanceof NoServerError && isFirst)) throw error
        const failure = tellable(error)
        await this.report(failure)
        if (!this.wish.follow || !lossCodes.includes(failure.code)) return 2
      }
      await new Promise<void>(resolve => this.context.timers.after(againAfterMs, resolve))
    }
  }

  private async tell(): Promise<void> {
    for await (const operation of this.context.client.log(this.wish)) {
      await printLines(this.context, [this.lineOf(operation)], this.context.out)
      this.wish = { ...this.wish, sinceSeq: operation.seq, last: null }
      this.told = ''
    }
  }

  /** The same trouble is told once. */
  private async report(failure: ConcurError): Promise<void> {
    if (failure.message === this.told) return
    this.told = failure.message
    const { path } = this.wish
    await reportFailure(this.context, failure, path === wholeTree ? null : path)
  }

  private lineOf(operation: LoggedOperation): string {
    if (this.context.json) return jsonText(operationDocument(operation))
    return operationLine(operation, this.wish.follow ? null : this.context.clock.nowMs())
  }
}
