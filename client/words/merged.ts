/** What becomes of versions that were made from one text: a merge of their lines. Pure; loses no byte of any version. */
import { diff3Merge } from 'node-diff3'

export interface Merged {
  readonly content: Buffer
  /** Places at which versions changed the same lines differently; they stand in the content between markers. */
  readonly conflicts: number
}

/** A version, and what it is called where it stands beside another. */
export interface MergedVersion {
  readonly name: string
  readonly content: Buffer
}

/** The first version takes in one after the other. */
export function mergeVersions(base: Buffer, versions: readonly MergedVersion[]): Merged {
  const [first, ...others] = versions
  let merged: { lines: string[]; conflicts: number } = { lines: linesOf(first!.content), conflicts: 0 }
  for (const other of others) {
    const next = mergeTwo(linesOf(base), merged.lines, linesOf(other.content), [first!.name, other.name])
    merged = { lines: next.lines, conflicts: merged.conflicts + next.conflicts }
  }
  return { content: Buffer.from(merged.lines.join(''), 'latin1'), conflicts: merged.conflicts }
}

/** Whether bytes are a text: no byte is 0. */
export function isText(content: Buffer): boolean {
  return !content.includes(0)
}

function mergeTwo(
  base: string[],
  ours: string[],
  theirs: string[],
  [ourName, theirName]: readonly [string, string],
): { lines: string[]; conflicts: number } {
  const lines: string[] = []
  let conflicts = 0
  for (const { ok, conflict } of diff3Merge(ours, base, theirs, { excludeFalseConflicts: true })) {
    if (ok !== undefined) lines.push(...ok)
    if (conflict === undefined) continue
    conflicts++
    const sides = [`<<<<<<< ${ourName}\n`, ...ended(conflict.a), '=======\n', ...ended(conflict.b)]
    lines.push(...sides, `>>>>>>> ${theirName}\n`)
  }
  return { lines, conflicts }
}

/** Each with its line feed; bytes are characters, so that nothing is lost. */
function linesOf(content: Buffer): string[] {
  return content.toString('latin1').match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** A marker stands on a line of its own. */
function ended(lines: readonly string[]): string[] {
  return lines.map(line => (line.endsWith('\n') ? line : `${line}\n`))
}
