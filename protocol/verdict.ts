/**
 * The verdict: what the copies of one path say together. A pure function of the nodes' answers, in the configured
 * order, coordinator first: the coordinator's judgement, and that of a replica that is left alone with its one copy.
 * It never takes a node that was not asked, or could not read, for one that agrees.
 */

import type { Copy, OtherKind, Version } from './copies.ts'
import type { ErrorCode } from './errors.ts'
import type { NodeName } from './ids.ts'
import {
  causeOf,
  isLeftover,
  isStale,
  type JournaledAt,
  type Lag,
  latestOf,
  missingReason,
} from './journaled.ts'
import type { Detail, Verdict } from './messages.ts'

/** What one node said of its copy, or why it said nothing. `reason` reads on from the node's name. */
export type NodeAnswer =
  | { readonly node: NodeName; readonly copy: Copy; readonly at?: JournaledAt }
  | { readonly node: NodeName; readonly copy: null; readonly reason: string }

type Present = {
  readonly node: NodeName
  readonly copy: Extract<Copy, { is: 'file' | 'folder' | 'other' }>
  readonly at?: JournaledAt
}

/**
 * @param answers one for every configured node, in the configured order.
 * @param lags the nodes that are catching up, and how far they have to go.
 */
export function judge(answers: readonly NodeAnswer[], lags: ReadonlyMap<NodeName, Lag> = new Map()): Verdict {
  if (isOneFile(answers)) return agreedOn(versionOf(answers))
  const latest = latestOf(answers)
  const stale = latest === null ? [] : answers.filter(one => isStale(one, latest, lags.get(one.node)))
  const compared = answers.filter(answer => !stale.includes(answer))
  const present = compared.filter(isPresent)
  const missing = compared.filter(answer => answer.copy?.is === 'absent')
  const silent = answers.flatMap(silenceOf)
  const versions = groupVersions(present)
  const reasons = new Map([
    ...missing.map(one => [one.node, missingReason(one, latest)] as const),
    ...stale.map(({ node }) => [node, `is ${lags.get(node)!.behindOps} operations behind`] as const),
    ...silent.map(({ node, reason }) => [node, reason] as const),
  ])
  const findings = {
    versions: versions.map(({ version }) => version),
    missing: missing.map(({ node }) => node),
    stale: stale.map(({ node }) => node),
    unreachable: silent.map(({ node }) => node),
    details: detailsOf(answers, reasons, lags),
  }
  const isDeleted =
    latest !== null && latest.digest === null && present.some(({ copy }) => copy.is === 'file')
  const error =
    isDeleted && present.every(one => isLeftover(one, latest))
      ? notFoundBut(findings.missing, present)
      : errorOf(present, findings.missing, silent)
  if (error !== null) return { verdict: 'ERROR', ...findings, error }
  if (versions.length === 1 && !isDeleted) return { verdict: 'SINGLE_FILE', ...findings, error: null }
  const deviating = versions.map(({ version, holders }) => ({ ...version, cause: causeOf(holders, latest) }))
  return { verdict: 'DIFFERENT_FILES', ...findings, versions: deviating, error: null }
}

/** What most reads find: every node has the file, and it is the same. */
function isOneFile(answers: readonly NodeAnswer[]): answers is readonly Present[] {
  const first = answers[0]?.copy
  if (first?.is !== 'file') return false
  return answers.every(({ copy }) => copy?.is === 'file' && copy.digest === first.digest)
}

function agreedOn(version: Version): Verdict {
  return {
    verdict: 'SINGLE_FILE',
    versions: [version],
    missing: [],
    stale: [],
    unreachable: [],
    details: [],
    error: null,
  }
}

/** The verdict on a read that was refused before the copies could be compared. */
export function refused(code: ErrorCode, message: string): Verdict {
  return {
    verdict: 'ERROR',
    versions: [],
    missing: [],
    stale: [],
    unreachable: [],
    details: [],
    error: { code, message },
  }
}

function isPresent(answer: NodeAnswer): answer is Present {
  const is = answer.copy?.is
  return is === 'file' || is === 'folder' || is === 'other'
}

function silenceOf(answer: NodeAnswer): { node: NodeName; reason: string }[] {
  if (answer.copy === null) return [{ node: answer.node, reason: answer.reason }]
  return answer.copy.is === 'unreadable'
    ? [{ node: answer.node, reason: `could not read it: ${answer.copy.reason}` }]
    : []
}

function detailsOf(
  answers: readonly NodeAnswer[],
  reasons: ReadonlyMap<NodeName, string>,
  lags: ReadonlyMap<NodeName, Lag>,
): Detail[] {
  return answers.flatMap(({ node }) => {
    const reason = reasons.get(node)
    return reason === undefined ? [] : [{ node, reason, behindOps: lags.get(node)?.behindOps ?? null }]
  })
}

/** Deleted through us; what still lies there is of nodes that do not know of it yet. */
function notFoundBut(missing: readonly NodeName[], present: readonly Present[]): Verdict['error'] {
  const absent = missing.map(node => `not on ${node}`)
  const left = present.map(({ node }) => `${node} has not deleted it yet`)
  return { code: 'NOT_FOUND', message: [...absent, ...left].join(', ') }
}

interface Grouped {
  readonly version: Version
  readonly holders: readonly Present[]
}

/** Versions in the order of the first node that holds each. */
function groupVersions(present: readonly Present[]): Grouped[] {
  const groups = new Map<string, Present[]>()
  for (const one of present) {
    const content = contentOf(one.copy)
    const group = groups.get(content)
    if (group === undefined) groups.set(content, [one])
    else group.push(one)
  }
  return [...groups.values()].map(holders => ({ version: versionOf(holders), holders }))
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
  const note = copy.is === 'other' ? otherNames[copy.what] : null
  return { type: copy.is, digest: null, size: 0, mtimeMs: null, executable: false, copies, cause: null, note }
}

/** @returns why there is no file to speak of, or null when there is one. */
function errorOf(
  present: readonly Present[],
  missing: readonly NodeName[],
  silent: readonly { node: NodeName; reason: string }[],
): Verdict['error'] {
  if (present.some(({ copy }) => copy.is === 'file')) return null
  if (present.length > 0) {
    const code = present.every(({ copy }) => copy.is === 'folder') ? 'IS_DIRECTORY' : 'NOT_A_FILE'
    return { code, message: present.map(kindSentence).join(', ') }
  }
  const absent = missing.map(node => `not on ${node}`)
  if (silent.length === 0) return { code: 'NOT_FOUND', message: absent.join(', ') }
  const said = silent.map(({ node, reason }) => `${node} ${reason}`)
  return {
    code: 'UNREACHABLE',
    message: [...(absent.length > 0 ? [absent.join(', ')] : []), ...said].join('; '),
  }
}

function kindSentence({ node, copy }: Present): string {
  return `${copy.is === 'other' ? otherNames[copy.what] : `a ${copy.is}`} on ${node}`
}

const otherNames: Record<OtherKind, string> = {
  link: 'a link',
  fifo: 'a FIFO',
  socket: 'a socket',
  device: 'a device',
  mount: 'another file system',
  unknown: 'something that is no file',
}
