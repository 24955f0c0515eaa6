/** How one text became another, as `diff -u` shows it. Pure. */
import { createTwoFilesPatch } from 'diff'
import { printable } from './printable.ts'

/** Lines that may be taken away and put in: what differs more is said to differ. */
const editsMax = 3_000

export interface Side {
  readonly path: string
  /** Whose it is, or when it was written. */
  readonly whose: string
  readonly content: Buffer
}

/** @returns lines without their line feeds; null where the two differ too much to be shown. */
export function textDiff(before: Side, after: Side): string[] | null {
  const patch = createTwoFilesPatch(
    before.path,
    after.path,
    before.content.toString('utf8'),
    after.content.toString('utf8'),
    before.whose,
    after.whose,
    { context: 3, maxEditLength: editsMax },
  )
  if (patch === undefined) return null
  const lines = patch.slice(patch.indexOf('--- ')).split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map(shown)
}

/** A tab is shown as it is; what else a terminal would obey is not. */
function shown(line: string): string {
  return line.split('\t').map(printable).join('\t')
}
