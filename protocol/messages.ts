/**
 * What the frames say: the codec of every message, and the types that follow from them.
 * Clause: README.md "Messages", in the same order.
 */
import {
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
import { type Digest, digestFromHex, digestHex } from './digest.ts'
import { ConcurError, type ErrorCode, errorCodeOf, errorNumber } from './errors.ts'
import { type NodeName, parseClientId, parseClusterId, parseNodeId, parseNodeName } from './ids.ts'
import { digestBytes, nodesMax, reasonBytesMax, sentenceBytesMax } from './limits.ts'
import { type FilePath, type FolderPath, parsePath, wholeTree } from './path.ts'

const nodeName = parsed(parseNodeName)
const sentence = text(sentenceBytesMax)
const reason = text(reasonBytesMax)

const path: Codec<FilePath> = { write: (w, v) => w.text(v), read: r => parsePath(r.text()) }

const folderPath: Codec<FolderPath> = {
  write: (w, v) => w.text(v),
  read(r) {
    const value = r.text()
    return value === '' ? wholeTree : parsePath(value)
  },
}

const digest: Codec<Digest> = {
  write: (w, v) => w.hex(digestHex(v)),
  read: r => digestFromHex(r.hex(digestBytes)),
}

const errorCode: Codec<ErrorCode> = {
  write: (w, v) => w.u16(errorNumber(v)),
  read: r => errorCodeOf(r.u16()) ?? 'INTERNAL',
}

/** A time as milliseconds since 1970, whole. */
const timeMs: Codec<number> = { write: (w, v) => w.u64(Math.max(0, Math.floor(v))), read: r => r.u64() }

export const nothing: Codec<Record<string, never>> = { write: () => {}, read: () => ({}) }

const helloFields = struct({
  versionMin: u8,
  versionMax: u8,
  role: oneOf(['client', 'coordinator', 'replica', 'relay']),
  name: optional(nodeName),
  nodeId: optional(parsed(parseNodeId)),
  clusterId: optional(parsed(parseClusterId)),
  clientId: optional(parsed(parseClientId)),
  listenPort: optional(u16),
  members: list(nodeName, nodesMax),
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

export const heartbeat = struct({ files: optional(u64), bytes: optional(u64), diskFreeBytes: optional(u64) })
export type Heartbeat = ValueOf<typeof heartbeat>

/**
 * What every small read sends is spelled out field by field, here and below: a loop over the names of a struct costs more
 * than the fields do.
 */
export const look: Codec<{ readonly path: FilePath; readonly deep: boolean }> = {
  write(w, v) {
    path.write(w, v.path)
    flag.write(w, v.deep)
  },
  read: r => ({ path: path.read(r), deep: flag.read(r) }),
}

interface FileCopy {
  readonly size: number
  readonly mtimeMs: number
  readonly executable: boolean
  readonly digest: Digest
  readonly checkedAtMs: number
}

const fileCopy: Codec<FileCopy> = {
  write(w, v) {
    u64.write(w, v.size)
    timeMs.write(w, v.mtimeMs)
    flag.write(w, v.executable)
    digest.write(w, v.digest)
    timeMs.write(w, v.checkedAtMs)
  },
  read: r => ({
    size: u64.read(r),
    mtimeMs: timeMs.read(r),
    executable: flag.read(r),
    digest: digest.read(r),
    checkedAtMs: timeMs.read(r),
  }),
}

/** What one node's disk holds at a path. */
export const copy = union('is', {
  file: fileCopy,
  folder: nothing as Codec<object>,
  other: struct({ what: oneOf(['link', 'fifo', 'socket', 'device', 'mount', 'unknown']) }),
  absent: nothing as Codec<object>,
  unreadable: struct({ reason }),
})
export type Copy = ValueOf<typeof copy>
export type OtherKind = Extract<Copy, { is: 'other' }>['what']

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

const versionType = oneOf(['file', 'folder', 'other'])
const optionalDigest = optional(digest)
const optionalTime = optional(timeMs)
const optionalReason = optional(reason)
const cause = optional(oneOf(['behind', 'edited-on-disk', 'bit-rot', 'forked', 'never-replicated']))

interface HeldCopy {
  readonly node: NodeName
  readonly checkedAtMs: number | null
}

const heldCopies = list<HeldCopy>(
  {
    write(w, v) {
      nodeName.write(w, v.node)
      optionalTime.write(w, v.checkedAtMs)
    },
    read: r => ({ node: nodeName.read(r), checkedAtMs: optionalTime.read(r) }),
  },
  nodesMax,
)

export interface Version {
  readonly type: ValueOf<typeof versionType>
  readonly digest: Digest | null
  readonly size: number
  readonly mtimeMs: number | null
  readonly executable: boolean
  readonly copies: readonly HeldCopy[]
  readonly cause: ValueOf<typeof cause>
  readonly note: string | null
}
export type Cause = NonNullable<Version['cause']>

const version: Codec<Version> = {
  write(w, v) {
    versionType.write(w, v.type)
    optionalDigest.write(w, v.digest)
    u64.write(w, v.size)
    optionalTime.write(w, v.mtimeMs)
    flag.write(w, v.executable)
    heldCopies.write(w, v.copies)
    cause.write(w, v.cause)
    optionalReason.write(w, v.note)
  },
  read: r => ({
    type: versionType.read(r),
    digest: optionalDigest.read(r),
    size: u64.read(r),
    mtimeMs: optionalTime.read(r),
    executable: flag.read(r),
    copies: heldCopies.read(r),
    cause: cause.read(r),
    note: optionalReason.read(r),
  }),
}

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

const replicaStatus = struct({
  name: nodeName,
  address: text(300),
  state: oneOf(['up', 'catching-up', 'suspect', 'down']),
  reason: optional(reason),
  appliedSeq: optional(u64),
  lagOps: optional(u64),
  lagMs: optional(u64),
  lastHeartbeatMs: optional(u64),
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
