/** A question to the person at the terminal before something that cannot be undone. */
import type { CommandContext } from './context.ts'

/** @returns whether the answer was yes; anything else is no, and so is the end of input. */
export async function confirm(
  { err, progress }: CommandContext,
  readLine: () => Promise<string>,
  question: string,
): Promise<boolean> {
  progress.hide()
  await err.write(`${question} [y/N] `)
  return /^\s*y(es)?\s*$/i.test(await readLine())
}
