/** `cat`: the file's bytes on standard output, what is to be said of them on standard error. */
import type { NodeName } from '../../protocol/ids.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { get } from './get.ts'

/** @throws NoServerError; ReaderGoneError. */
export function cat(
  context: CommandContext,
  path: string,
  options: { from: NodeName | null },
): Promise<ExitStatus> {
  return get(context, [path], { output: '-', recursive: false, deep: false, from: options.from })
}
