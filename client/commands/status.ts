/** `status`: one screen of coordinator and replicas; with `--watch` a new one each second, until Ctrl-C. */
import { ConcurError } from '../../protocol/errors.ts'
import type { Status } from '../../protocol/messages.ts'
import { wholeTree } from '../../protocol/path.ts'
import type { Timers } from '../../protocol/world.ts'
import { NoServerError } from '../connecting.ts'
import { ReaderGoneError } from '../terminal/output.ts'
import { statusDocument } from '../words/documents.ts'
import { nodeToSpread, spreadLine } from '../words/spread.ts'
import { statusLines } from '../words/status-lines.ts'
import { tellable } from '../words/tellable.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { printDocument, printLines, reportFailure } from './report.ts'

const watchEveryMs = 1_000

const clearScreen = '\u001b[H\u001b[J'

/** @throws NoServerError; ReaderGoneError. */
export async function status(context: CommandContext, options: { watch: boolean }): Promise<ExitStatus> {
  if (options.watch) return watch(context)
  try {
    return await showOnce(context, '')
  } catch (error) {
    if (error instanceof NoServerError || error instanceof ReaderGoneError) throw error
    await reportFailure(context, tellable(error), null)
    return 2
  }
}

/** Goes on when a server was lost: it is what one watches for. */
async function watch(context: CommandContext): Promise<never> {
  const before = context.out.isTerminal && !context.json ? clearScreen : ''
  await showOnce(context, before)
  for (;;) {
    await pause(context.timers, watchEveryMs)
    try {
      await showOnce(context, before)
    } catch (error) {
      if (error instanceof ReaderGoneError) throw error
      await reportFailure(context, tellable(error), null)
    }
  }
}

async function showOnce(context: CommandContext, before: string): Promise<ExitStatus> {
  const status = await context.client.status()
  if (context.json) await printDocument(context, statusDocument(status))
  else await show(context, status, before)
  return context.strict && !tookPart(status) ? 2 : 0
}

async function show(context: CommandContext, status: Status, before: string): Promise<void> {
  const { nodes, next } = statusLines(status, context.paintOut, context.clock.nowMs())
  const all = next.length > 0 ? [...nodes, ...next] : [...nodes, ...(await spreadLines(context, status))]
  await printLines(context, [before + all.join('\n')], context.out)
}

/** When the last change was, is asked only where the counts differ: they may be from before it. */
async function spreadLines({ client, clock }: CommandContext, status: Status): Promise<string[]> {
  if (nodeToSpread(status, null) === null) return []
  let changedMsAgo: number | null = null
  try {
    for await (const { timeMs } of client.log({ path: wholeTree, last: 1 }))
      changedMsAgo = clock.nowMs() - timeMs
  } catch (error) {
    if (error instanceof ConcurError) return []
    throw error
  }
  const node = nodeToSpread(status, changedMsAgo)
  return node === null ? [] : [spreadLine(node)]
}

/** Whether every configured node is there to be asked. */
function tookPart({ coordinator, replicas }: Status): boolean {
  return coordinator.state !== 'down' && replicas.every(({ state }) => state !== 'down')
}

function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise(resolve => timers.after(ms, resolve))
}
