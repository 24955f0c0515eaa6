/** What goes wrong before anything was changed, told as the refusal of a change. */
import { NoServerError } from '../connecting.ts'
import { ReaderGoneError } from '../terminal/output.ts'
import { tellable } from '../words/tellable.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { reportRefusal } from './make-change.ts'

/** @throws NoServerError, ReaderGoneError: those end the command. */
export async function orRefuse(
  context: CommandContext,
  subject: string,
  work: () => Promise<ExitStatus>,
): Promise<ExitStatus> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof NoServerError || error instanceof ReaderGoneError) throw error
    await reportRefusal(context, subject, tellable(error))
    return 2
  }
}
