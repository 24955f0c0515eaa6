/** A command that runs under a lock, as flock(1) does it: its exit status is ours, unless the lock was lost meanwhile. */
import { ConcurError } from '../../protocol/errors.ts'
import { lockDocument } from '../words/lock-documents.ts'
import { printable } from '../words/printable.ts'
import { tellable } from '../words/tellable.ts'
import type { CommandContext } from './context.ts'
import { type HeldLock, KeptLock } from './kept-lock.ts'
import { printDocument, printLines, reportError, reportFailure } from './report.ts'

/** @returns the command's exit status; 2 where the lock was lost, or may have been. */
export async function runUnderLock(
  context: CommandContext,
  held: HeldLock,
  command: readonly string[],
): Promise<number> {
  const { client, timers } = context
  const onLost = (error: ConcurError): void => {
    if (!context.json) void tellLost(context, held.path, error).catch(() => {})
  }
  const kept = new KeptLock({ ...held, client, timers, onLost })
  const { status, reason } = await context.runCommand(command, { CONCUR_LOCK_TOKEN: String(held.token) })
  const end = await kept.end().catch(tellable)
  if (end instanceof ConcurError) {
    // What was noticed is told already.
    if (context.json || kept.lost === null) await reportFailure(context, end, held.path, true)
    return 2
  }
  if (reason !== null) await tellNotRun(context, command[0]!, reason)
  else if (context.json) await printDocument(context, lockDocument(held.path, end), true)
  return status
}

async function tellLost(context: CommandContext, path: string, error: ConcurError): Promise<void> {
  await reportError(context, error, path)
  await printLines(context, [`the command goes on without the lock of ${printable(path)}`], context.err)
}

async function tellNotRun(context: CommandContext, command: string, reason: string): Promise<void> {
  await reportFailure(context, new ConcurError('USAGE', `${command}: ${reason}`), command, true)
}
