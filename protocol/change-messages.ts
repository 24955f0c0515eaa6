/**
 * What the frames of a change say: what clients want, what became of it, and what coordinator and replicas tell each other
 * about their journals. Clause: README.md "Messages".
 */
import { blob, flag, list, oneOf, optional, parsed, struct, u16, u64, union, type ValueOf } from './codec.ts'
import { cause, copy } from './copies.ts'
import { digest, nodeName, path, reason } from './fields.ts'
import { parseRecordHash, parseStageId } from './ids.ts'
import { inlineBytesMax, nodesMax, recordBytesMax, wantedRangesMax } from './limits.ts'
import { blockRanges, detail, opType, refusal } from './messages.ts'
import { epoch, operation } from './record.ts'

/** What one client wants changed, and under which conditions. Bytes of put and append follow in CHUNK and SEAL. */
export const change = struct(() => ({
  operation,
  /** What every copy has to be now. */
  ifMatch: optional(digest),
  /** No copy may be there. */
  ifAbsent: flag,
  ack: optional(oneOf(['available', 'quorum', 'all'])),
  fence: optional(u64),
  what: union('type', () => ({
    put: struct(() => ({ path, executable: optional(flag), bytes: optional(u64) })),
    append: struct(() => ({ path, create: flag, bytes: optional(u64) })),
    rename: struct(() => ({ from: path, to: path, force: flag })),
    delete: struct(() => ({ path, recursive: flag, force: flag })),
    mkdir: struct(() => ({ path, parents: flag })),
    /** The path becomes this content again, which it had behind the operation `at`; none: whenever that was. `size`: where it is known. */
    restore: struct(() => ({ path, at: optional(u64), digest, size: optional(u64) })),
    /** The path becomes what `node` holds at `from` (none: at the path itself); no node: the bytes that follow. */
    resolve: struct(() => ({
      path,
      node: optional(nodeName),
      from: optional(path),
      executable: optional(flag),
      bytes: optional(u64),
      /** One of many that were asked for at once. */
      amongMany: flag,
    })),
  })),
}))
export type ChangeRequest = ValueOf<typeof change>

/** How many bytes follow the request, null where only their end will tell; undefined: none follow. */
export function bytesBehind(what: ChangeRequest['what']): number | null | undefined {
  if (what.type === 'put' || what.type === 'append') return what.bytes
  return what.type === 'resolve' && what.node === null ? what.bytes : undefined
}
export type AckLevel = NonNullable<ChangeRequest['ack']>

/** The end of bytes that were sent, and what their sender says they were. */
export const seal = struct(() => ({ size: u64, digest }))

export const done = struct(() => ({
  /** None: not even that is known. */
  op: optional(struct(() => ({ epoch: u64, seq: u64, type: opType, path }))),
  digest: optional(digest),
  size: u64,
  applied: list(nodeName, nodesMax),
  behind: list(detail, nodesMax),
  kept: list(
    struct(() => ({ node: nodeName, path, reason })),
    0xffff,
  ),
  replaced: list(
    struct(() => ({ node: nodeName, digest, cause })),
    nodesMax,
  ),
  /** Configured nodes. */
  of: u16,
  /** Went wrong behind the point from which the change exists for ever. */
  error: optional(refusal),
  outcome: oneOf(['committed', 'unknown']),
}))
export type Done = ValueOf<typeof done>

/** What a node holds at the paths of a change, before it is ordered. */
export const survey = struct(() => ({ paths: list(path, 2) }))

const place = struct(() => ({
  copy,
  /** What stands where the path's folder is needed. */
  parent: oneOf(['folder', 'absent', 'file', 'other']),
  /** Of a folder: whether it holds anything. */
  isEmpty: flag,
}))
export type Place = ValueOf<typeof place>
export const surveyed = struct(() => ({ places: list(place, 2) }))

/** Bytes that go ahead of their record: CHUNK and SEAL follow. */
export const stage = struct(() => ({ stage: parsed(parseStageId) }))

export const staged = struct(() => ({ size: u64, digest }))

const hash = parsed(parseRecordHash)

export const journalAt = struct(() => ({ seq: u64 }))
export const journalIs = struct(() => ({
  /** The highest that the node has promised to follow, or has a record of. */
  epoch: optional(epoch),
  /** The record behind which this journal begins; 0: it has every record. */
  beginSeq: u64,
  /** Up to here its tree is what its records say. */
  settledSeq: u64,
  lastSeq: u64,
  /** What this journal knows to be committed. */
  committedSeq: u64,
  /** Of the record at the seq that was asked for; none: it has no such record. */
  hash: optional(hash),
}))
export type JournalIs = ValueOf<typeof journalIs>

/**
 * The coordinator's records from `afterSeq` on will follow; what the replica has behind it is dropped. `isFork`: both know
 * records there to be committed, and they are not the same. `journalKeep`: records that every node keeps at least.
 * `historyMs`: how long it keeps what was replaced or deleted; none: for ever.
 */
export const follow = struct(() => ({
  epoch,
  afterSeq: u64,
  afterHash: hash,
  committedSeq: u64,
  isFork: flag,
  journalKeep: u64,
  historyMs: optional(u64),
}))
export type Follow = ValueOf<typeof follow>

export const records = struct(() => ({
  entries: list(
    struct(() => ({ record: blob(recordBytesMax), body: optional(blob(inlineBytesMax)) })),
    0xffff,
  ),
}))

export const committed = struct(() => ({ seq: u64 }))

const outcome = struct(() => ({
  seq: u64,
  kept: list(
    struct(() => ({ path, reason })),
    0xffff,
  ),
  replaced: list(
    struct(() => ({ path, digest, cause })),
    nodesMax,
  ),
}))
export type Outcome = ValueOf<typeof outcome>

/** How far a replica is. `outcomes`: of what it settled since the last one, where there is anything to say. */
export const settled = struct(() => ({ journaledSeq: u64, settledSeq: u64, outcomes: list(outcome, 0xffff) }))
export type Settled = ValueOf<typeof settled>

/** A replica lacks the bytes of a record. */
export const need = struct(() => ({ seq: u64 }))

/** Nobody has the bytes of a record any more. */
export const lost = struct(() => ({ seq: u64, reason }))

/** The bytes of the record `seq`, as a file of this digest: its DIGESTS follow. */
export const supply = struct(() => ({ seq: u64, size: u64, digest }))

/** Which blocks are wanted. */
export const wanted = struct(() => ({ blocks: blockRanges(wantedRangesMax) }))

export const replay = struct(() => ({ afterSeq: u64 }))
