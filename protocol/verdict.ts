/**
 * The verdict: what the copies of one path say together. A pure function of the nodes' answers, in the configured
 * order, coordinator first: the coordinator's judgement, and that of a replica that is left alone with its one copy.
 * It never takes a node that was not asked, or could not read, for one that agrees.
 */
import type { ErrorCode } from './errors.ts'
import type { NodeName } from './ids.ts'
import type { Copy, Detail, OtherKind, Verdict, Version } from './messages.ts'

/** What one node said of its copy, or why it said nothing. `reason` reads on from the node's name. */
export type NodeAnswer =
  | { readonly node: NodeName; readonly copy: Copy }
  | { readonly node: NodeName; readonly copy: null; readonly reason: string }

type Present = { readonly node: NodeName; readonly copy: Extract<Copy, { is: 'file' | 'folder' | 'other' }> }

/** @param answers one for every configured node, in the configured order. */
export function judge(answers: readonly NodeAnswer[]): Verdict {
  if (isOneFile(answers)) return agreedOn(versionOf(answers))
  const present = answers.filter(isPresent)
  const missing = answers.filter(answer => answer.copy?.is === 'absent').map(({ node }) => node)
  const silent = answers.flatMap(silenceOf)
  const versions = groupVersions(present)
  const findings = {
    versions,
    missing,
    stale: [],
    unreachable: silent.map(({ node }) => node),
    details: detailsOf(answers, missing, silent),
  }
  const error = errorOf(present, missing, silent)
  if (error !== null) return { verdict: 'ERROR', ...findings, error }
  if (versions.length === 1) return { verdict: 'SINGLE_FILE', ...findings, error: null }
  const deviating = versions.map(version => ({ ...version, cause: 'never-replicated' as const }))
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
  missing: readonly NodeName[],
  silent: readonly { node: NodeName; reason: string }[],
): Detail[] {
  return answers.flatMap(({ node }) => {
    const reason = missing.includes(node) ? 'has no such file' : silent.find(one => one.node === node)?.reason
    return reason === undefined ? [] : [{ node, reason, behindOps: null }]
  })
}

/** Versions in the order of the first node that holds each. */
function groupVersions(present: readonly Present[]): Version[] {
  const groups = new Map<string, Present[]>()
  for (const one of present) {
    const content = contentOf(one.copy)
    const group = groups.get(content)
    if (group === undefined) groups.set(content, [one])
    else group.push(one)
  }
  return [...groups.values()].map(versionOf)
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
