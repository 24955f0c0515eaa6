/** `stat`: the verdict without the bytes; with `--sha256` the bytes come, are summed, and go nowhere. */
import type { Hash } from 'node:crypto'
import { ConcurError } from '../../protocol/errors.ts'
import type { LeaseView } from '../../protocol/lock-messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { BlockSink } from '../reading/block-line.ts'
import type { Destination } from '../saving/destination.ts'
import { statDocument } from '../words/documents.ts'
import { leaseLine } from '../words/lock-lines.ts'
import { verdictLines } from '../words/verdict-lines.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { readPath } from './path-argument.ts'
import { printDocument, printVerdict, reportError } from './report.ts'
import { exitStatusOf, type Outcome, readVerified, refusedOutcome } from './verified-read.ts'

/** @throws NoServerError; ReaderGoneError. */
export async function stat(
  context: CommandContext,
  typed: string,
  options: { sha256: boolean },
): Promise<ExitStatus> {
  const path = readPath(typed)
  const lock = path instanceof ConcurError ? null : lockOf(context, path.path)
  const outcome =
    path instanceof ConcurError
      ? refusedOutcome(typed, path)
      : await readVerified(context, {
          path,
          from: null,
          deep: false,
          destination: options.sha256 ? new SumDestination() : null,
          lastOp: true,
        })
  await reportStat(context, outcome, await lock)
  return exitStatusOf(outcome)
}

/** @returns the lock that the path is under; null where there is none, or nobody who knows of locks answers. */
function lockOf({ client }: CommandContext, path: FilePath): Promise<LeaseView | null> {
  return client.check(path).then(
    ({ lease }) => lease,
    () => null,
  )
}

async function reportStat(context: CommandContext, outcome: Outcome, lock: LeaseView | null): Promise<void> {
  const { path, verdict, error, kept: sha256 } = outcome
  if (context.json)
    return printDocument(context, statDocument({ path, verdict, error, savedAs: [], sha256, lock }))
  if (error !== null) return reportError(context, error, path)
  const wording = { paint: context.paintOut, nowMs: context.clock.nowMs(), inDetail: true }
  const lines = verdictLines({ path, verdict: verdict!, savedAs: [], sha256 }, wording)
  const locked = lock === null ? [] : [leaseLine(path, lock, wording.nowMs)]
  await printVerdict(context, [...lines, ...locked])
}

/** Keeps of each version its SHA-256 and nothing else. What sums is loaded with the first of them. */
class SumDestination implements Destination {
  readonly takes = 'all'
  private hashes: Hash[] = []

  open(): BlockSink {
    const hash = process.getBuiltinModule('node:crypto').createHash('sha256')
    this.hashes.push(hash)
    return {
      async write(block) {
        hash.update(block)
      },
    }
  }

  restart(): void {
    this.hashes = []
  }

  async commit(): Promise<string[]> {
    return this.hashes.map(hash => hash.digest('hex'))
  }

  discard(): void {}
}
