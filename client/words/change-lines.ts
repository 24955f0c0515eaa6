/**
 * The lines in which a person reads what came of a change: how many copies have it, who is behind, what was kept or had
 * to give way. Clause: "The client's commands".
 */
import type { Done } from '../../protocol/change-messages.ts'
import type { Detail } from '../../protocol/messages.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'
import { sizeText } from './quantities.ts'
import { causeText, shortDigest } from './version-words.ts'

/** Lines of one kind; `--json` has them all. */
const linesMax = 20

export interface ToldChange {
  readonly command: string
  readonly subject: string
  readonly nothingToDo: string
}

export function changeLines(
  { command, subject, nothingToDo }: ToldChange,
  done: Done,
  paint: Paint,
): string[] {
  const what = `${command} ${printable(subject)}`
  if (done.op === null) return [`${what}  ${nothingToDo}`]
  const size = done.digest === null ? [] : [sizeText(done.size)]
  return [[what, ...size, `seq ${done.op.seq}`, copiesText(done, paint)].join('  '), ...remarkLines(done)]
}

/** @returns `copies 2 of 3 · behind: server3 (down 3 min)`. */
export function copiesText(
  { applied, behind, of }: Pick<Done, 'applied' | 'behind' | 'of'>,
  paint: Paint,
): string {
  const copies = `copies ${applied.length} of ${of}`
  if (behind.length === 0) return copies
  return `${copies} · ${paint('warning', `behind: ${behindText(behind)}`)}`
}

/** @returns `server3 (down 3 min), server4`. */
export function behindText(behind: readonly Detail[]): string {
  return behind
    .map(({ node, reason }) => (reason === '' ? node : `${node} (${printable(reason)})`))
    .join(', ')
}

/** What is to be said of single nodes: edits that were left alone, edits that gave way. */
export function remarkLines({ op, kept, replaced }: Done): string[] {
  const keptLines = kept.map(({ node, path, reason }) => {
    const what = path === op?.path ? '' : `${printable(path)}, `
    return `  kept on ${node}: ${what}${printable(reason)}`
  })
  const replacedLines = replaced.flatMap(({ node, digest, cause }) => {
    if (cause === null) return []
    return [
      `  replaced on ${node}: ${shortDigest(digest)}, ${causeText({ type: 'file', cause, note: null })}, now in its history`,
    ]
  })
  return [...limited(keptLines), ...limited(replacedLines)]
}

/** @returns what went wrong behind the point of no return, and what became of the change. */
export function lateSentence({ error, op, outcome }: Done): { code: string; message: string } {
  const { code, message } = error!
  if (outcome === 'unknown') return { code, message: `${message} (outcome unknown)` }
  return { code, message: op === null ? message : `${message} (committed as seq ${op.seq})` }
}

function limited(lines: readonly string[]): string[] {
  if (lines.length <= linesMax) return [...lines]
  return [...lines.slice(0, linesMax), `  … and ${lines.length - linesMax} more: --json lists them`]
}
