/** The lines in which a person reads a verdict. Clause: "What people see". */
import type { Version } from '../../protocol/copies.ts'
import type { Verdict } from '../../protocol/messages.ts'
import { inColumns } from './columns.ts'
import { commandLine } from './command-line.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'
import { agoText, counted, sizeText } from './quantities.ts'
import { behindSubject } from './subject.ts'
import { absenceNotes, causeText, holdersText, neverReplicated, shortDigest } from './version-words.ts'

/** What was found at a path, and what became of it here. */
export interface Finding {
  readonly path: string
  readonly verdict: Verdict
  /** Where each version was saved; null where it was not. */
  readonly savedAs: readonly (string | null)[]
  /** The SHA-256 of each version's bytes; null where it was not asked for. */
  readonly sha256: readonly (string | null)[]
}

export interface Wording {
  readonly paint: Paint
  readonly nowMs: number
  /** Digest, time and last operation of a SINGLE_FILE as well. */
  readonly inDetail: boolean
}

/** The lines of a SINGLE_FILE or DIFFERENT_FILES. */
export function verdictLines(finding: Finding, wording: Wording): string[] {
  return finding.verdict.verdict === 'SINGLE_FILE'
    ? singleLines(finding, wording)
    : differentLines(finding, wording)
}

/** The commands that end a difference; none where they do not apply: something is no file, or there is one version. */
export function settlingLines(path: string, { verdict, versions }: Verdict): string[] {
  const sound = versions.find(({ cause }) => cause !== 'bit-rot')
  const areFiles = versions.length > 1 && versions.every(({ type }) => type === 'file')
  if (verdict !== 'DIFFERENT_FILES' || !areFiles || sound === undefined) return []
  const resolve = commandLine('resolve', ['--keep', sound.copies[0]!.node], [path])
  return [`settle it: ${commandLine('diff', [], [path])} · ${resolve}`]
}

/** The line of an error; `subject` is the path that was asked for, null where there was none. */
export function errorLine(
  error: { code: string; message: string },
  subject: string | null,
  paint: Paint,
): string {
  const where = subject === null ? '' : ` ${printable(subject)}`
  const sentence = printable(behindSubject(error.message, subject))
  return `${paint('bad', `ERROR ${error.code}`)}${where}: ${sentence}`
}

function singleLines({ path, verdict, savedAs, sha256 }: Finding, wording: Wording): string[] {
  const [version] = verdict.versions
  const parts = [
    `${wording.paint('good', 'SINGLE_FILE')} ${printable(path)}`,
    sizeText(version!.size),
    holdersText(version!),
    ...absenceNotes(verdict),
    ...(wording.inDetail
      ? [shortDigest(version!.digest!), timeText(version!, wording), ...lastOpText(verdict)]
      : []),
    ...savedText(savedAs[0] ?? null),
  ]
  const [sum] = sha256
  return [parts.join('  '), ...(sum ? [`  sha256  ${sum}`] : [])]
}

/** A content that everybody has need not be the one that was written last. */
function lastOpText({ versions, lastOp }: Verdict): string[] {
  if (lastOp === null) return []
  const isWritten = lastOp.digest !== null && lastOp.digest === versions[0]!.digest
  return [isWritten ? `as written (seq ${lastOp.seq})` : `last operation: ${lastOp.type} (seq ${lastOp.seq})`]
}

function differentLines({ path, verdict, savedAs, sha256 }: Finding, wording: Wording): string[] {
  const unknown = neverReplicated(verdict)
  const head = [
    `${wording.paint('bad', 'DIFFERENT_FILES')} ${printable(path)}`,
    counted(verdict.versions.length, 'version'),
    ...(unknown ? ['never replicated'] : []),
    ...absenceNotes(verdict),
  ]
  const rows = verdict.versions.map((version, place) => {
    const cause = [causeText(unknown ? { ...version, cause: null } : version)]
    const sum = sha256[place] ? [`sha256 ${sha256[place]}`] : []
    const tail = [...cause, ...savedText(savedAs[place] ?? null), ...sum].filter(text => text !== '')
    return [`  ${holdersText(version)}`, ...whatItIs(version, wording), tail.join('  ')]
  })
  return [head.join('  '), ...inColumns(rows)]
}

function whatItIs(version: Version, wording: Wording): string[] {
  if (version.type === 'file')
    return [sizeText(version.size), shortDigest(version.digest!), timeText(version, wording)]
  return [version.type === 'folder' ? 'folder' : 'no file', '', '']
}

function timeText({ mtimeMs }: Version, { nowMs }: Wording): string {
  return mtimeMs === null ? '' : agoText(mtimeMs, nowMs)
}

function savedText(savedAs: string | null): string[] {
  return savedAs === null ? [] : [`saved as ${printable(savedAs)}`]
}
