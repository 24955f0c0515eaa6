/**
 * The verdict: what the copies of one path say together. A pure function of the nodes' answers, in the configured
 * order, coordinator first: the coordinator's judgement, and that of a replica that is left alone with its one copy.
 * It never takes a node that was not asked, or could not read, for one that agrees; nor a copy that has rotted.
 */

import type { Copy, JournaledAt, Version } from './copies.ts'
import type { ErrorCode } from './errors.ts'
import type { NodeName } from './ids.ts'
import {
  causeOf,
  isLeftover,
  isRotten,
  isStale,
  type Lag,
  type Latest,
  latestOf,
  missingReason,
} from './journaled.ts'
import type { Detail, Verdict } from './messages.ts'
import { behindReason, gonePhrase, kindName, noteOf, type PathPast } from './notes.ts'

/** What one node said of its copy, or why it said nothing. `reason` reads on from the node's name. */
export type NodeAnswer =
  | { readonly node: NodeName; readonly copy: Copy; readonly at?: JournaledAt }
  | { readonly node: NodeName; readonly copy: null; readonly reason: string }

type Present = {
  readonly node: NodeName
  readonly copy: Extract<Copy, { is: 'file' | 'folder' | 'other' }>
  readonly at?: JournaledAt
}

type Lags = ReadonlyMap<NodeName, Lag>

/**
 * @param answers one for every configured node, in the configured order.
 * @param lags the nodes that are catching up, and how far they have to go.
 * @param past what the journal knows of the path; null: nothing is said of it.
 */
export function judge(
  answers: readonly NodeAnswer[],
  lags: Lags = new Map(),
  past: PathPast | null = null,
): Verdict {
  const whole = agreed(answers)
  if (whole !== null) return whole
  const latest = latestOf(answers)
  const stale = latest === null ? [] : answers.filter(one => isStale(one, latest, lags.get(one.node)))
  const compared = answers.filter(answer => !stale.includes(answer))
  const present = compared.filter(isPresent)
  const missing = compared.filter(answer => answer.copy?.is === 'absent')
  const silent = answers.flatMap(silenceOf)
  const groups = groupVersions(present)
  const reasons = new Map([
    ...missing.map(one => [one.node, missingReason(one, latest)] as const),
    ...stale.map(({ node }) => [node, behindReason(lags.get(node)!.behindOps)] as const),
    ...silent.map(({ node, reason }) => [node, reason] as const),
  ])
  const findings = {
    versions: groups.map(versionOf),
    missing: missing.map(({ node }) => node),
    stale: stale.map(({ node }) => node),
    unreachable: silent.map(({ node }) => node),
    details: detailsOf(answers, reasons, lags),
    lastOp: null,
  }
  const isLeftOnly =
    latest !== null &&
    present.length + stale.length > 0 &&
    [...present, ...stale].every(one => isLeftover(one, latest))
  const error = isLeftOnly
    ? leftoverError({ present, stale, missing: findings.missing, silent, latest, past })
    : errorOf(present, findings.missing, silent)
  if (error !== null) return { verdict: 'ERROR', ...findings, error }
  // A file where the journal has none is a difference, though nobody has another one.
  const isWanted = latest === null || latest.made === 'file'
  if (groups.length === 1 && isWanted && !present.some(one => isRotten(one, latest)))
    return { verdict: 'SINGLE_FILE', ...findings, error: null }
  const versions = groups.map(holders => explained(holders, { latest, lags, past }))
  return { verdict: 'DIFFERENT_FILES', ...findings, versions, error: null }
}

/** @returns the last operation that made the path what it is; null: it was never changed through us. */
export function lastOpOf(answers: readonly NodeAnswer[], past: PathPast): Verdict['lastOp'] {
  const latest = latestOf(answers)
  return latest === null ? null : past.operationAt(latest.seq)
}

/** What most reads find: every node has the file, and it is the same. @returns null: they say something else. */
export function agreed(answers: readonly NodeAnswer[]): Verdict | null {
  return isOneFile(answers) ? agreedOn(versionOf(answers)) : null
}

function isOneFile(answers: readonly NodeAnswer[]): answers is readonly Present[] {
  const first = answers[0]?.copy
  if (first?.is !== 'file') return false
  return answers.every(({ copy }) => copy?.is === 'file' && copy.digest === first.digest && !copy.rotten)
}

function agreedOn(version: Version): Verdict {
  return { verdict: 'SINGLE_FILE', ...nothingElse, versions: [version], error: null }
}

/** The verdict on a read that was refused before the copies could be compared. */
export function refused(code: ErrorCode, message: string): Verdict {
  return { verdict: 'ERROR', ...nothingElse, error: { code, message } }
}

const nothingElse = { versions: [], missing: [], stale: [], unreachable: [], details: [], lastOp: null }

function isPresent(answer: NodeAnswer): answer is Present {
  const is = answer.copy?.is
  return is === 'file' || is === 'folder' || is === 'other'
}

interface Silent {
  readonly node: NodeName
  readonly reason: string
}

function silenceOf(answer: NodeAnswer): Silent[] {
  if (answer.copy === null) return [{ node: answer.node, reason: answer.reason }]
  return answer.copy.is === 'unreadable'
    ? [{ node: answer.node, reason: `could not read it: ${answer.copy.reason}` }]
    : []
}

function detailsOf(
  answers: readonly NodeAnswer[],
  reasons: ReadonlyMap<NodeName, string>,
  lags: Lags,
): Detail[] {
  return answers.flatMap(({ node }) => {
    const reason = reasons.get(node)
    return reason === undefined ? [] : [{ node, reason, behindOps: lags.get(node)?.behindOps ?? null }]
  })
}

/** Versions in the order of the first node that holds each: the holders of each. */
function groupVersions(present: readonly Present[]): (readonly Present[])[] {
  const groups = new Map<string, Present[]>()
  for (const one of present) {
    const content = contentOf(one.copy)
    const group = groups.get(content)
    if (group === undefined) groups.set(content, [one])
    else group.push(one)
  }
  return [...groups.values()]
}

/** What two copies have in common that are one version. */
function contentOf(copy: Present['copy']): string {
  if (copy.is === 'file') return copy.digest
  return copy.is === 'other' ? copy.what : copy.is
}

function versionOf(holders: readonly Present[]): Version {
  const { copy } = holders[0]!
  const copies = holders.map(({ node, copy }) => ({
    node,
    checkedAtMs: copy.is === 'file' ? copy.checkedAtMs : null,
  }))
  if (copy.is === 'file') {
    const { digest, size, mtimeMs, executable } = copy
    return { type: 'file', digest, size, mtimeMs, executable, copies, cause: null, note: null }
  }
  const nothing = { digest: null, size: 0, mtimeMs: null, executable: false }
  return { type: copy.is, ...nothing, copies, cause: null, note: kindName(copy) }
}

/** A version of copies that differ: why it does. */
function explained(
  holders: readonly Present[],
  { latest, lags, past }: { latest: Latest | null; lags: Lags; past: PathPast | null },
): Version {
  const version = versionOf(holders)
  const cause = causeOf(holders, latest)
  const { digest } = version
  if (digest === null) return { ...version, cause }
  const behindOps = Math.max(...holders.map(({ node }) => lags.get(node)?.behindOps ?? 0))
  return { ...version, cause, note: noteOf({ cause, digest, latest, behindOps, past }) }
}

/** @returns why there is no file to speak of, or null when there is one. */
function errorOf(
  present: readonly Present[],
  missing: readonly NodeName[],
  silent: readonly Silent[],
): Verdict['error'] {
  if (present.some(({ copy }) => copy.is === 'file')) return null
  if (present.length > 0) {
    const code = present.every(({ copy }) => copy.is === 'folder') ? 'IS_DIRECTORY' : 'NOT_A_FILE'
    return { code, message: present.map(one => `${kindName(one.copy)} on ${one.node}`).join(', ') }
  }
  return nowhere(missing, [], silent)
}

/** Deleted through us; what still lies there is of nodes that do not know of it yet, and goes into their history. */
function leftoverError(found: {
  readonly present: readonly Present[]
  readonly stale: readonly NodeAnswer[]
  readonly missing: readonly NodeName[]
  readonly silent: readonly Silent[]
  readonly latest: Latest
  readonly past: PathPast | null
}): Verdict['error'] {
  const { present, stale, missing, silent, latest, past } = found
  const left = [
    ...stale.map(({ node }) => `${node} still has it and is about to move it into its history`),
    ...present.map(
      ({ node }) =>
        `${node} is behind and still has it, until it moves it into its history: get --from ${node} reads it`,
    ),
  ]
  return nowhere(missing, [gonePhrase(latest, past), ...left], silent)
}

/** Nobody has a file. That it is not found is said only where every node was asked. */
function nowhere(
  missing: readonly NodeName[],
  left: readonly string[],
  silent: readonly Silent[],
): NonNullable<Verdict['error']> {
  const absent = missing.map(node => `not on ${node}`).join(', ')
  const said = silent.map(({ node, reason }) => `${node} ${reason}`)
  return {
    code: silent.length === 0 ? 'NOT_FOUND' : 'UNREACHABLE',
    message: [...(absent === '' ? [] : [absent]), ...left, ...said].join('; '),
  }
}
