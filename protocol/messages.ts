/**
 * What the frames say: the codec of every message, and the types that follow from them.
 * Clause: README.md "Messages", in the same order.
 */
import {
  bytesOf,
  type Codec,
  flag,
  joined,
  list,
  oneOf,
  optional,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  type ValueOf,
} from './codec.ts'
import { version } from './copies.ts'
import { ConcurError } from './errors.ts'
import {
  buckets,
  clientId,
  clusterId,
  digest,
  errorCode,
  folderPath,
  nodeId,
  nodeName,
  path,
  reason,
  sentence,
  timeMs,
} from './fields.ts'
import { keyRoles } from './key-ring.ts'
import { fetchRangesMax, markedNamesMax, nodesMax, nonceBytes, proofBytes } from './limits.ts'
import { listedPath } from './listed-path.ts'
import { leases } from './lock-messages.ts'
import { epoch } from './record.ts'

export const rights = oneOf(['client', 'admin'])
/** What a session may do. */
export type Rights = ValueOf<typeof rights>

/** The key that a dialer says it holds. `rights`: of a relay, what its client may do. */
const claim = struct(() => ({ key: oneOf(keyRoles), rights: optional(rights), nonce: bytesOf(nonceBytes) }))
export type Claim = ValueOf<typeof claim>

const helloFields = struct(() => ({
  versionMin: u8,
  versionMax: u8,
  role: oneOf(['client', 'coordinator', 'replica', 'relay']),
  name: optional(nodeName),
  nodeId: optional(nodeId),
  clusterId: optional(clusterId),
  clientId: optional(clientId),
  listenPort: optional(u16),
  members: list(nodeName, nodesMax),
  /** A node's: how far its journal goes; of a coordinator that has begun, its own epoch. */
  epoch: optional(epoch),
  lastSeq: optional(u64),
  claim: optional(claim),
}))
export type Hello = ValueOf<typeof helloFields>

/** HELLO alone may carry more than this version knows: what follows the fields is left unread. */
export const hello: Codec<Hello> = {
  write: (w, value) => helloFields.write(w, value),
  read(r) {
    const value = helloFields.read(r)
    r.bytes(r.left)
    return value
  },
}

export const challenge = struct(() => ({ nonce: bytesOf(nonceBytes) }))

export const proof = struct(() => ({ proof: bytesOf(proofBytes) }))

export const refusal = struct(() => ({ code: errorCode, message: sentence }))
export type Refusal = ValueOf<typeof refusal>

export const credit = struct(() => ({ bytes: u32 }))

export const progress = struct(() => ({ node: optional(nodeName), bytesDone: u64, bytesTotal: u64 }))
export type Progress = ValueOf<typeof progress>

export const heartbeat = struct(() => ({
  epoch: optional(u64),
  journaledSeq: u64,
  settledSeq: u64,
  /** Of the index at `settledSeq`. */
  fingerprint: optional(digest),
  files: optional(u64),
  bytes: optional(u64),
  diskFreeBytes: optional(u64),
  /** Milliseconds since the tree was last looked through. */
  scanAgeMs: optional(u64),
  /** Paths that were kept back or differ, as far as known. */
  marks: optional(u64),
  /** Why the node takes no changes. */
  fenced: optional(reason),
  /** Some of the marked paths, each by `markedName`: as many as there is room for. */
  marked: list(u32, markedNamesMax),
  /** Why the copy is left as it is, and nothing is mended by it: too much of it changed at once. */
  held: optional(reason),
  /** Why edits are not noticed as they come, and wait for the next scan. */
  unwatched: optional(reason),
  /** When the node's certificate ends; none: it has none. */
  certificateEndsMs: optional(timeMs),
}))
export type Heartbeat = ValueOf<typeof heartbeat>

/** Ranges of a file's blocks, in ascending order. */
export function blockRanges(rangesMax: number) {
  return list(
    struct(() => ({ first: u32, count: u32 })),
    rangesMax,
  )
}

export const fetch = struct(() => ({
  path,
  digest,
  /** None: all. */
  blocks: optional(blockRanges(fetchRangesMax)),
}))

export const walk = struct(() => ({
  path: folderPath,
  recursive: flag,
  /** Only what falls into these. */
  buckets: optional(buckets),
}))

/** An entry of one node's tree; `digest` is null where it is not known without reading the file. */
export const entry = joined(
  listedPath,
  struct(() => ({
    type: oneOf(['file', 'folder', 'other']),
    size: u64,
    mtimeMs: timeMs,
    digest: optional(digest),
  })),
)
export type Entry = ValueOf<typeof entry>

export const entries = struct(() => ({ entries: list(entry, 0xffff) }))

export const read = struct(() => ({
  path,
  deep: flag,
  bodies: oneOf(['none', 'agreed', 'all', 'from']),
  from: optional(nodeName),
  /** The verdict says the path's last operation. */
  lastOp: flag,
}))
export type Read = ValueOf<typeof read>

export const detail = struct(() => ({ node: nodeName, reason, behindOps: optional(u64) }))
export type Detail = ValueOf<typeof detail>

export const opType = oneOf([
  'put',
  'append',
  'rename',
  'delete',
  'mkdir',
  'resolve',
  'restore',
  'lock',
  'unlock',
])
export type OpType = ValueOf<typeof opType>

export const loggedOperation = struct(() => ({
  epoch: u64,
  seq: u64,
  timeMs,
  client: optional(clientId),
  type: opType,
  path,
  from: optional(path),
  size: optional(u64),
  digest: optional(digest),
}))
export type LoggedOperation = ValueOf<typeof loggedOperation>

export const verdict = struct(() => ({
  verdict: oneOf(['SINGLE_FILE', 'DIFFERENT_FILES', 'ERROR']),
  versions: list(version, nodesMax),
  missing: list(nodeName, nodesMax),
  stale: list(nodeName, nodesMax),
  unreachable: list(nodeName, nodesMax),
  details: list(detail, nodesMax),
  error: optional(refusal),
  /** Where it was asked for; null also where the path was never changed through us. */
  lastOp: optional(loggedOperation),
}))
export type Verdict = ValueOf<typeof verdict>

export const body = struct(() => ({ version: u16, size: u64 }))

export const list_ = struct(() => ({ path: folderPath, recursive: flag, compare: flag }))

const nodeCopy = struct(() => ({
  node: nodeName,
  copy: optional(
    struct(() => ({
      type: oneOf(['file', 'folder', 'other']),
      digest: optional(digest),
      size: u64,
      mtimeMs: timeMs,
    })),
  ),
}))

export const row = joined(
  listedPath,
  struct(() => ({
    type: oneOf(['file', 'folder', 'other']),
    mark: optional(oneOf(['=', '~', '+', '-', '*', '!'])),
    size: u64,
    digest: optional(digest),
    nodes: list(nodeCopy, nodesMax),
  })),
)
export type Row = ValueOf<typeof row>
export type Mark = NonNullable<Row['mark']>

export const rows = struct(() => ({ rows: list(row, 0xffff) }))

export const listed = struct(() => ({ unreachable: list(detail, nodesMax) }))
export type Listed = ValueOf<typeof listed>

const position = {
  epoch: optional(u64),
  files: optional(u64),
  bytes: optional(u64),
  diskFreeBytes: optional(u64),
  scanAgeMs: optional(u64),
  marks: optional(u64),
  held: optional(reason),
  unwatched: optional(reason),
  /** When the node's certificate ends; none: it has none, or has not told. */
  certificateEndsMs: optional(timeMs),
}

const coordinatorStatus = struct(() => ({
  name: nodeName,
  address: text(300),
  state: oneOf(['serving', 'refusing-changes', 'down']),
  reason: optional(reason),
  seq: optional(u64),
  ...position,
}))
export type CoordinatorStatus = ValueOf<typeof coordinatorStatus>

export const log = struct(() => ({
  path: folderPath,
  sinceSeq: optional(u64),
  last: optional(u32),
  follow: flag,
}))
export type LogRequest = ValueOf<typeof log>

export const logged = struct(() => ({ operations: list(loggedOperation, 0xffff) }))

export const wait = struct(() => ({ path: folderPath, timeoutMs: u64 }))

export const waited = struct(() => ({ seq: u64, behind: list(detail, nodesMax) }))
export type Waited = ValueOf<typeof waited>

const replicaStatus = struct(() => ({
  name: nodeName,
  address: text(300),
  state: oneOf(['up', 'catching-up', 'suspect', 'down']),
  reason: optional(reason),
  appliedSeq: optional(u64),
  lagOps: optional(u64),
  lagMs: optional(u64),
  lastHeartbeatMs: optional(u64),
  rolledBack: flag,
  fenced: optional(reason),
  ...position,
}))
export type ReplicaStatus = ValueOf<typeof replicaStatus>
export type ReplicaState = ReplicaStatus['state']

export const status = struct(() => ({
  coordinator: coordinatorStatus,
  replicas: list(replicaStatus, nodesMax),
  /** Paths that are marked on some node, as far as that is known; none: nobody knows of any, and not everybody knows. */
  conflicts: optional(u64),
  /** Some of the locks that are held: as many as there is room for. */
  locks: leases,
}))
export type Status = ValueOf<typeof status>

/** @returns the refusal as the error that it is on this side. */
export function refusalError(value: Refusal): ConcurError {
  return new ConcurError(value.code, value.message)
}
