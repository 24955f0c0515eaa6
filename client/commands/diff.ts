/** `diff`: how the versions of a file came from what was written, or how they differ from the first of them. */
import { ConcurError } from '../../protocol/errors.ts'
import type { Verdict } from '../../protocol/messages.ts'
import { isText } from '../words/merged.ts'
import { printable } from '../words/printable.ts'
import { sizeText } from '../words/quantities.ts'
import { type Side, textDiff } from '../words/text-diff.ts'
import { holdersText } from '../words/version-words.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { reportRefusal } from './make-change.ts'
import { orRefuse } from './or-refuse.ts'
import { readPath } from './path-argument.ts'
import { printDocument, printLines } from './report.ts'
import { placeOfWritten, readBase, readContents } from './versions.ts'

/** @throws NoServerError; ReaderGoneError. @returns as diff(1): 0 the same, 1 different, 2 trouble. */
export async function diff(context: CommandContext, typed: string): Promise<ExitStatus> {
  const path = readPath(typed)
  if (path instanceof ConcurError) {
    await reportRefusal(context, typed, path)
    return 2
  }
  return orRefuse(context, path.path, async () => {
    const found = await differing(context, path.path)
    if (found === null) return 0
    const { verdict, contents } = found
    const sides = verdict.versions.map((version, place) => ({
      path: path.path,
      whose: holdersText(version),
      content: contents[place]!,
    }))
    const origin = await originOf(context, path.path, verdict, sides)
    for (const side of sides) if (side !== origin) await tell(context, origin, side)
    return 1
  })
}

/** @returns null where the copies do not differ. */
async function differing(context: CommandContext, path: Parameters<typeof readContents>[1]) {
  try {
    return await readContents(context, path)
  } catch (error) {
    if (error instanceof ConcurError && error.code === 'PRECONDITION_FAILED') return null
    throw error
  }
}

/** What was written, on a disk or in history; without that the first version. */
async function originOf(
  context: CommandContext,
  path: Parameters<typeof readContents>[1],
  verdict: Verdict,
  sides: readonly Side[],
): Promise<Side> {
  const written = placeOfWritten(verdict.versions)
  if (written >= 0) return sides[written]!
  const base = await readBase(context, path, verdict)
  if (base === null) return sides[0]!
  return { path, whose: `as written (seq ${verdict.lastOp!.seq})`, content: base }
}

async function tell(context: CommandContext, before: Side, after: Side): Promise<void> {
  const lines = isText(before.content) && isText(after.content) ? textDiff(before, after) : null
  if (context.json) return printDocument(context, { from: before.whose, to: after.whose, lines })
  await printLines(context, lines ?? [binaryLine(before, after)], context.out)
}

function binaryLine(before: Side, after: Side): string {
  const sides = [before, after].map(side => `${side.whose} ${sizeText(side.content.length)}`)
  const at = firstDifference(before.content, after.content)
  return `${printable(before.path)}: ${sides.join(', ')}: differ from byte ${at} on`
}

function firstDifference(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return at
  return length
}
