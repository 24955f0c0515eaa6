/** `lock`: a lease for this client's id; with a COMMAND that runs under it. */
import type { LockIs } from '../../protocol/lock-messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import { commandLine } from '../words/command-line.ts'
import { lockDocument } from '../words/lock-documents.ts'
import { lockLine } from '../words/lock-lines.ts'
import { askOfLock } from './ask-of-lock.ts'
import type { CommandContext } from './context.ts'
import { printDocument, printVerdict } from './report.ts'
import { runUnderLock } from './under-lock.ts'

export interface LockOptions {
  /** Milliseconds. */
  readonly ttl: number
  readonly wait: number
}

/** @returns the exit status, that of the command where there is one. @throws NoServerError; ReaderGoneError. */
export async function lock(
  context: CommandContext,
  [typed, ...command]: readonly string[],
  options: LockOptions,
): Promise<number> {
  const ask = (path: FilePath) => take(context, path, options)
  const answer = await askOfLock(context, { typed: typed!, ask, toStderr: command.length > 0 })
  if (answer === null) return 2
  const { path, state } = answer
  if (command.length > 0)
    return runUnderLock(context, { path, ttlMs: options.ttl, token: state.lease!.token }, command)
  if (context.json) await printDocument(context, lockDocument(path, state))
  else await printVerdict(context, [lockLine(path, state), `undo: ${commandLine('unlock', [], [path])}`])
  return 0
}

async function take(
  context: CommandContext,
  path: FilePath,
  { ttl: ttlMs, wait: waitMs }: LockOptions,
): Promise<LockIs> {
  const work = context.progress.begin('waiting for the lock')
  try {
    return await context.client.lock({ path, ttlMs, waitMs })
  } finally {
    work.end()
  }
}
