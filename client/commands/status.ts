/** `status`: one screen of coordinator and replicas; with `--watch` a new one each second, until Ctrl-C. */
import type { Status } from '../../protocol/messages.ts'
import type { Timers } from '../../protocol/world.ts'
import { NoServerError } from '../connecting.ts'
import { ReaderGoneError } from '../terminal/output.ts'
import { statusDocument } from '../words/documents.ts'
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
  else await printLines(context, [before + statusLines(status, context.paintOut).join('\n')], context.out)
  return context.strict && !tookPart(status) ? 2 : 0
}

/** Whether every configured node is there to be asked. */
function tookPart({ coordinator, replicas }: Status): boolean {
  return coordinator.state !== 'down' && replicas.every(({ state }) => state !== 'down')
}

function pause(timers: Timers, ms: number): Promise<void> {
  return new Promise(resolve => timers.after(ms, resolve))
}
