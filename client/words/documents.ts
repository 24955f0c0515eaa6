/** What `--json` prints. Every key of a shape is always there. Clause: "JSON". */
import type { Version } from '../../protocol/copies.ts'
import type { LeaseView } from '../../protocol/lock-messages.ts'
import type { CoordinatorStatus, ReplicaStatus, Row, Status, Verdict } from '../../protocol/messages.ts'
import { leaseDocument } from './lock-documents.ts'
import { operationDocument } from './operation-document.ts'
import { isoTime } from './quantities.ts'

export interface ErrorDocument {
  readonly code: string
  readonly message: string
}

/** The document of a `get`, `cat` or `stat`. `verdict` is null where nothing is known of the copies. */
export interface ReadDocumentParts {
  readonly path: string
  readonly verdict: Verdict | null
  /** What went wrong, here or there: the document's verdict is ERROR then, whatever the copies say. */
  readonly error: ErrorDocument | null
  readonly savedAs: readonly (string | null)[]
}

export function readDocument({ path, verdict, error, savedAs }: ReadDocumentParts): Record<string, unknown> {
  const details = verdict?.details ?? []
  return {
    verdict: error === null ? verdict!.verdict : 'ERROR',
    path,
    versions: (verdict?.versions ?? []).map((version, place) => ({
      ...versionDocument(version),
      savedAs: savedAs[place] ?? null,
    })),
    missing: verdict?.missing ?? [],
    stale: verdict?.stale ?? [],
    unreachable: verdict?.unreachable ?? [],
    details: Object.fromEntries(details.map(({ node, reason, behindOps }) => [node, { reason, behindOps }])),
    error: error === null ? null : { code: error.code, message: error.message },
  }
}

/** As readDocument, with what only `stat` says. */
export function statDocument(
  parts: ReadDocumentParts & { readonly sha256: readonly (string | null)[]; readonly lock: LeaseView | null },
): Record<string, unknown> {
  const document = readDocument(parts)
  const versions = document.versions as Record<string, unknown>[]
  return {
    ...document,
    versions: versions.map((version, place) => ({ ...version, sha256: parts.sha256[place] ?? null })),
    lock: parts.lock === null ? null : leaseDocument(parts.lock),
    lastOp: parts.verdict?.lastOp == null ? null : operationDocument(parts.verdict.lastOp),
  }
}

function versionDocument({
  digest,
  size,
  mtimeMs,
  type,
  copies,
  cause,
  note,
}: Version): Record<string, unknown> {
  return {
    digest,
    size: type === 'file' ? size : null,
    mtime: isoTime(mtimeMs),
    type,
    nodes: copies.map(({ node }) => node),
    cause,
    note,
    checkedAt: Object.fromEntries(copies.map(({ node, checkedAtMs }) => [node, isoTime(checkedAtMs)])),
  }
}

/** One line of `ls`. What is listed under an escaped name, and not under a path, says so in a key of its own. */
export function rowDocument({
  path,
  escaped,
  type,
  mark,
  size,
  digest,
  nodes,
}: Row): Record<string, unknown> {
  return {
    path,
    type,
    mark,
    size: type === 'file' ? size : null,
    digest,
    nodes: Object.fromEntries(nodes.map(({ node, copy }) => [node, copyDocument(copy)])),
    ...(escaped ? { escaped } : {}),
  }
}

function copyDocument(copy: Row['nodes'][number]['copy']): Record<string, unknown> | null {
  if (copy === null) return null
  const { type, digest, size, mtimeMs } = copy
  // Of what is neither file nor folder the time is 0: unknown.
  const isKnown = type !== 'other' || mtimeMs > 0
  return { digest, size: type === 'file' ? size : null, mtime: isKnown ? isoTime(mtimeMs) : null }
}

export function statusDocument({ coordinator, replicas, locks, conflicts }: Status): Record<string, unknown> {
  return {
    coordinator: coordinatorDocument(coordinator),
    replicas: replicas.map(replicaDocument),
    locks: locks.map(leaseDocument),
    conflicts,
  }
}

function coordinatorDocument(status: CoordinatorStatus): Record<string, unknown> {
  const { name, address, epoch, seq, state, reason, files, bytes, diskFreeBytes } = status
  const counts = { files, bytes, diskFree: diskFreeBytes, ...treeDocument(status) }
  return { name, address, epoch, seq, state, reason, ...counts }
}

function replicaDocument(status: ReplicaStatus): Record<string, unknown> {
  const { name, address, state, reason, files, bytes, diskFreeBytes } = status
  const { rolledBack, fenced, epoch, appliedSeq, lagOps, lagMs, lastHeartbeatMs } = status
  const position = { rolledBack, fenced, epoch, appliedSeq, lagOps, lagMs, lastHeartbeatMs }
  const counts = { files, bytes, diskFree: diskFreeBytes, ...treeDocument(status) }
  return { name, address, state, reason, ...position, ...counts }
}

function treeDocument(status: ReplicaStatus | CoordinatorStatus) {
  const { scanAgeMs, marks, held, unwatched, certificateEndsMs } = status
  const certificateEndsAt = isoTime(certificateEndsMs)
  return { scanAgeMs, marks, held, unwatched, certificateEndsAt }
}

/** Wrong usage, no server reached, and the failure of what has no shape of its own. */
export function failureDocument({ code, message }: ErrorDocument): Record<string, unknown> {
  return { ok: false, error: { code, message } }
}
