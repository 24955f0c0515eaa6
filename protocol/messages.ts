/**
 * What the frames say: the codec of every message, and the types that follow from them.
 * Clause: README.md "Messages", in the same order.
 */
import {
  blob,
  type Codec,
  flag,
  list,
  oneOf,
  optional,
  parsed,
  struct,
  text,
  u8,
  u16,
  u32,
  u64,
  union,
  type ValueOf,
} from './codec.ts'
import { ConcurError } from './errors.ts'
import {
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
import { parseRecordHash, parseStageId } from './ids.ts'
import { inlineBytesMax, nodesMax, recordBytesMax } from './limits.ts'
import { epoch, operation } from './record.ts'

export const nothing: Codec<Record<string, never>> = { write: () => {}, read: () => ({}) }

const helloFields = struct({
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
})
export type Hello = ValueOf<typeof helloFields>

/** HELLO alone may carry more than this version knows: what follows the fields is left unread. */
export const hello: Codec<Hello> = {
  write: helloFields.write,
  read(r) {
    const value = helloFields.read(r)
    r.bytes(r.left)
    return value
  },
}

export const refusal = struct({ code: errorCode, message: sentence })
export type Refusal = ValueOf<typeof refusal>

export const credit = struct({ bytes: u32 })

export const progress = struct({ node: optional(nodeName), bytesDone: u64, bytesTotal: u64 })
export type Progress = ValueOf<typeof progress>

export const heartbeat = struct({
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
})
export type Heartbeat = ValueOf<typeof heartbeat>

/** `settledSeq`: the answer waits until the node has settled this record of the path; 0: it does not wait. */
export const look = struct({ path, deep: flag, settledSeq: u64 })

/** What one node's disk holds at a path. */
export const copy = union('is', {
  file: struct({ size: u64, mtimeMs: timeMs, executable: flag, digest, checkedAtMs: timeMs }),
  folder: nothing as Codec<object>,
  other: struct({ what: oneOf(['link', 'fifo', 'socket', 'device', 'mount', 'unknown']) }),
  absent: nothing as Codec<object>,
  unreadable: struct({ reason }),
})
export type Copy = ValueOf<typeof copy>
export type OtherKind = Extract<Copy, { is: 'other' }>['what']

/** The copy, and what the node's own journal says of the path: the last record that it settled there, and its content. */
export const copyAt = struct({ copy, pathSeq: u64, journaled: optional(digest) })
export type CopyAt = ValueOf<typeof copyAt>

export const fetch = struct({ path, digest })

export const walk = struct({ path: folderPath, recursive: flag })

/** An entry of one node's tree; `digest` is null where it is not known without reading the file. */
export const entry = struct({
  path,
  type: oneOf(['file', 'folder', 'other']),
  size: u64,
  mtimeMs: timeMs,
  digest: optional(digest),
})
export type Entry = ValueOf<typeof entry>

export const entries = struct({ entries: list(entry, 0xffff) })

export const read = struct({
  path,
  deep: flag,
  bodies: oneOf(['none', 'agreed', 'all', 'from']),
  from: optional(nodeName),
})
export type Read = ValueOf<typeof read>

const cause = optional(oneOf(['behind', 'edited-on-disk', 'bit-rot', 'forked', 'never-replicated']))

const version = struct({
  type: oneOf(['file', 'folder', 'other']),
  digest: optional(digest),
  size: u64,
  mtimeMs: optional(timeMs),
  executable: flag,
  copies: list(struct({ node: nodeName, checkedAtMs: optional(timeMs) }), nodesMax),
  cause,
  note: optional(reason),
})
export type Version = ValueOf<typeof version>
export type Cause = NonNullable<Version['cause']>

const detail = struct({ node: nodeName, reason, behindOps: optional(u64) })
export type Detail = ValueOf<typeof detail>

export const verdict = struct({
  verdict: oneOf(['SINGLE_FILE', 'DIFFERENT_FILES', 'ERROR']),
  versions: list(version, nodesMax),
  missing: list(nodeName, nodesMax),
  stale: list(nodeName, nodesMax),
  unreachable: list(nodeName, nodesMax),
  details: list(detail, nodesMax),
  error: optional(refusal),
})
export type Verdict = ValueOf<typeof verdict>

export const body = struct({ version: u16, size: u64 })

export const list_ = struct({ path: folderPath, recursive: flag, compare: flag })

const nodeCopy = struct({
  node: nodeName,
  copy: optional(
    struct({
      type: oneOf(['file', 'folder', 'other']),
      digest: optional(digest),
      size: u64,
      mtimeMs: timeMs,
    }),
  ),
})

export const row = struct({
  path,
  type: oneOf(['file', 'folder', 'other']),
  mark: optional(oneOf(['=', '~', '+', '-', '*', '!'])),
  size: u64,
  digest: optional(digest),
  nodes: list(nodeCopy, nodesMax),
})
export type Row = ValueOf<typeof row>
export type Mark = NonNullable<Row['mark']>

export const rows = struct({ rows: list(row, 0xffff) })

export const listed = struct({ unreachable: list(detail, nodesMax) })
export type Listed = ValueOf<typeof listed>

const position = {
  epoch: optional(u64),
  files: optional(u64),
  bytes: optional(u64),
  diskFreeBytes: optional(u64),
}

const coordinatorStatus = struct({
  name: nodeName,
  address: text(300),
  state: oneOf(['serving', 'refusing-changes', 'down']),
  reason: optional(reason),
  seq: optional(u64),
  ...position,
})
export type CoordinatorStatus = ValueOf<typeof coordinatorStatus>

/** What one client wants changed, and under which conditions. Bytes of put and append follow in CHUNK and SEAL. */
export const change = struct({
  operation,
  /** What every copy has to be now. */
  ifMatch: optional(digest),
  /** No copy may be there. */
  ifAbsent: flag,
  ack: optional(oneOf(['available', 'quorum', 'all'])),
  fence: optional(u64),
  what: union('type', {
    put: struct({ path, executable: optional(flag), bytes: optional(u64) }),
    append: struct({ path, create: flag, bytes: optional(u64) }),
    rename: struct({ from: path, to: path, force: flag }),
    delete: struct({ path, recursive: flag, force: flag }),
    mkdir: struct({ path, parents: flag }),
  }),
})
export type ChangeRequest = ValueOf<typeof change>
export type AckLevel = NonNullable<ChangeRequest['ack']>

/** The end of bytes that were sent, and what their sender says they were. */
export const seal = struct({ size: u64, digest })

const opType = oneOf(['put', 'append', 'rename', 'delete', 'mkdir', 'resolve', 'restore', 'lock', 'unlock'])
export type OpType = ValueOf<typeof opType>

export const done = struct({
  /** None: not even that is known. */
  op: optional(struct({ epoch: u64, seq: u64, type: opType, path })),
  digest: optional(digest),
  size: u64,
  applied: list(nodeName, nodesMax),
  behind: list(detail, nodesMax),
  kept: list(struct({ node: nodeName, path, reason }), 0xffff),
  replaced: list(struct({ node: nodeName, digest, cause }), nodesMax),
  /** Configured nodes. */
  of: u16,
  /** Went wrong behind the point from which the change exists for ever. */
  error: optional(refusal),
  outcome: oneOf(['committed', 'unknown']),
})
export type Done = ValueOf<typeof done>

export const log = struct({ path: folderPath, sinceSeq: optional(u64), last: optional(u32), follow: flag })
export type LogRequest = ValueOf<typeof log>

export const loggedOperation = struct({
  epoch: u64,
  seq: u64,
  timeMs,
  client: optional(clientId),
  type: opType,
  path,
  from: optional(path),
  size: optional(u64),
  digest: optional(digest),
})
export type LoggedOperation = ValueOf<typeof loggedOperation>
export const logged = struct({ operations: list(loggedOperation, 0xffff) })

export const wait = struct({ path: folderPath, timeoutMs: u64 })

export const waited = struct({ seq: u64, behind: list(detail, nodesMax) })
export type Waited = ValueOf<typeof waited>

/** What a node holds at the paths of a change, before it is ordered. */
export const survey = struct({ paths: list(path, 2) })

const place = struct({
  copy,
  /** What stands where the path's folder is needed. */
  parent: oneOf(['folder', 'absent', 'file', 'other']),
  /** Of a folder: whether it holds anything. */
  isEmpty: flag,
})
export type Place = ValueOf<typeof place>
export const surveyed = struct({ places: list(place, 2) })

/** Bytes that go ahead of their record: CHUNK and SEAL follow. */
export const stage = struct({ stage: parsed(parseStageId) })

export const staged = struct({ size: u64, digest })

const hash = parsed(parseRecordHash)

export const journalAt = struct({ seq: u64 })
export const journalIs = struct({
  epoch: optional(epoch),
  lastSeq: u64,
  /** What this journal knows to be committed. */
  committedSeq: u64,
  /** Of the record at the seq that was asked for; none: it has no such record. */
  hash: optional(hash),
})
export type JournalIs = ValueOf<typeof journalIs>

/** The coordinator's records from `afterSeq` on will follow; what the replica has behind it is dropped. */
export const follow = struct({ epoch, afterSeq: u64, afterHash: hash, committedSeq: u64 })
export type Follow = ValueOf<typeof follow>

export const records = struct({
  entries: list(struct({ record: blob(recordBytesMax), body: optional(blob(inlineBytesMax)) }), 0xffff),
})

export const committed = struct({ seq: u64 })

const outcome = struct({
  seq: u64,
  kept: list(struct({ path, reason }), 0xffff),
  replaced: list(struct({ path, digest, cause }), nodesMax),
})
export type Outcome = ValueOf<typeof outcome>

/** How far a replica is. `outcomes`: of what it settled since the last one, where there is anything to say. */
export const settled = struct({ journaledSeq: u64, settledSeq: u64, outcomes: list(outcome, 0xffff) })
export type Settled = ValueOf<typeof settled>

/** A replica lacks the bytes of a record. */
export const need = struct({ seq: u64 })

/** Nobody has the bytes of a record any more. */
export const lost = struct({ seq: u64, reason })

/** The bytes of the record `seq`, as a file of this digest: its DIGESTS follow. */
export const supply = struct({ seq: u64, size: u64, digest })

/** Which blocks are wanted. */
export const wanted = struct({ blocks: list(struct({ first: u32, count: u32 }), 0x7fff) })

export const replay = struct({ afterSeq: u64 })

const replicaStatus = struct({
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
})
export type ReplicaStatus = ValueOf<typeof replicaStatus>
export type ReplicaState = ReplicaStatus['state']

export const status = struct({ coordinator: coordinatorStatus, replicas: list(replicaStatus, nodesMax) })
export type Status = ValueOf<typeof status>

/** @returns the refusal as the error that it is on this side. */
export function refusalError(value: Refusal): ConcurError {
  return new ConcurError(value.code, value.message)
}
