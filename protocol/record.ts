/**
 * The journal's records: what the coordinator orders, the same bytes on every node. Each names the hash of the one
 * before, so that a position (seq, hash) stands for the whole past. A record says what a path becomes by digest; the
 * bytes of small contents ride beside it and are not part of its hash, so that they can be left out where they are
 * not needed any more. Clause: README.md "Records".
 */
import { blake3Library } from './blake3.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { type Codec, flag, list, oneOf, optional, parsed, struct, u64, union, type ValueOf } from './codec.ts'
import { ConcurError } from './errors.ts'
import { clientId, digest, nodeId, nodeName, path, peerText, reason, timeMs } from './fields.ts'
import { parseIncarnation, parseNonce, parseRecordHash, parseStageId, type RecordHash } from './ids.ts'
import { nodesMax } from './limits.ts'

/** A coordinator's term: a number that grows, and chance, so that two of the same number are told apart. */
export const epoch = struct(() => ({ number: u64, incarnation: parsed(parseIncarnation) }))
export type Epoch = ValueOf<typeof epoch>

/**
 * Names one change of one client, however often it is sent: a nonce of the client's life, a counter, and the
 * coordinator's seq when the first attempt began.
 */
export const operation = struct(() => ({ nonce: parsed(parseNonce), counter: u64, floor: u64 }))
export type Operation = ValueOf<typeof operation>

/** Where the bytes of a change are: beside the record (no stage), or in a staged file. */
const body = struct(() => ({ bytes: u64, stage: optional(parsed(parseStageId)) }))
export type ChangeBody = ValueOf<typeof body>

/** Digests of file contents that the coordinator knew to be on some copy; what is among them may be replaced. */
const seen = list(digest, nodesMax)

/** What the path had by the journal before this record; none: nothing, or no file. */
const base = optional(digest)

/** The path becomes a file of this content. `executable` none: as it was. */
const put = struct(() => ({ path, base, seen, digest, size: u64, executable: optional(flag), body }))

const written = union('type', () => ({
  /** A coordinator starts: its members, itself first. The in-sync set is the coordinator alone. */
  begin: struct(() => ({
    members: list(
      struct(() => ({ name: nodeName, nodeId: optional(nodeId) })),
      nodesMax,
    ),
  })),
  /** A node has settled everything up to here and is waited for from now on. */
  join: struct(() => ({ node: nodeName, nodeId })),
  /** A node is not waited for any more; it had this much in its journal. */
  leave: struct(() => ({ node: nodeName, reason, journaledSeq: u64 })),
  /** The record `abandonedSeq`, not committed yet, is never installed. */
  abandoned: struct(() => ({ abandonedSeq: u64, reason })),
  put,
  /** The file grows from `offset` to `size` bytes; `body` are the bytes that are added. */
  append: struct(() => ({ path, base, seen, offset: u64, digest, size: u64, body })),
  /** `replaces`: what is at `to` gives way, when it is in `seenTo`. */
  rename: struct(() => ({
    from: path,
    to: path,
    what: oneOf(['file', 'folder']),
    base,
    seen,
    replaces: flag,
    baseTo: base,
    seenTo: seen,
  })),
  /**
   * `body`, of a folder deleted with all below it: what was seen there, as `writeDeletedEntries` has them. Without one, a file, or
   * a folder that has to be empty.
   */
  delete: struct(() => ({ path, what: oneOf(['file', 'folder']), base, seen, body })),
  mkdir: struct(() => ({ path })),
  /** As put, of a content that a path had before. */
  restore: put,
  /** As put, of the content that somebody chose where copies differed. */
  resolve: put,
  /**
   * The holder alone changes the path and what is below it, for `ttlMs` from now. `token` none: this record's seq; else it
   * holds it already, since `sinceMs`.
   */
  lock: struct(() => ({
    lockedPath: path,
    holder: clientId,
    ttlMs: u64,
    token: optional(u64),
    sinceMs: timeMs,
    from: peerText,
  })),
  /** The lock with this token is over; for good where it was stolen: its holder has to lock the path again. */
  unlock: struct(() => ({
    lockedPath: path,
    token: u64,
    how: oneOf(['released', 'expired', 'stolen']),
    from: peerText,
  })),
}))
type Written = ValueOf<typeof written>
type Put = Extract<Written, { type: 'put' }>

/** What a record does. Whatever puts a content is a put; `by`: the operation that it was, where it was another one. */
export type Change =
  | Exclude<Written, { type: 'put' | 'restore' | 'resolve' }>
  | (Put & { readonly by?: 'restore' | 'resolve' })
export type ChangeType = Change['type']
/** What becomes of a lock. */
export type LockChange = Extract<Change, { type: 'lock' | 'unlock' }>

export const change: Codec<Change> = {
  write(writer, value) {
    const type = value.type === 'put' ? (value.by ?? 'put') : value.type
    written.write(writer, { ...value, type } as Written)
  },
  read(reader) {
    const value = written.read(reader)
    if (value.type !== 'restore' && value.type !== 'resolve') return value
    return { ...value, type: 'put', by: value.type }
  },
}

/** @returns what a person calls the change, or null where it is none of a client's. */
export function opTypeOf(change: Change) {
  switch (change.type) {
    case 'put':
      return change.by ?? 'put'
    case 'begin':
    case 'join':
    case 'leave':
    case 'abandoned':
      return null
    default:
      return change.type
  }
}

export const journalRecord = struct(() => ({
  epoch,
  seq: u64,
  previous: parsed(parseRecordHash),
  /** What the coordinator knew to be committed when it wrote this. */
  committedSeq: u64,
  timeMs,
  client: optional(clientId),
  operation: optional(operation),
  change,
}))
export type JournalRecord = ValueOf<typeof journalRecord>

/** One thing that lay in a folder to be deleted: a file with every digest seen of it, or a folder. */
const deletedEntry = struct(() => ({ path, what: oneOf(['file', 'folder']), seen }))
export type DeletedEntry = ValueOf<typeof deletedEntry>

/** Writes the body of a folder's `delete`: entries one behind the other, in the order of a listing. */
export function writeDeletedEntries(entries: readonly DeletedEntry[]): Buffer {
  const writer = new ByteWriter()
  for (const entry of entries) deletedEntry.write(writer, entry)
  return Buffer.from(writer.take())
}

/** @throws ConcurError BAD_FRAME when the bytes are no such entries. */
export function readDeletedEntries(bytes: Buffer): DeletedEntry[] {
  const reader = new ByteReader(bytes)
  const entries: DeletedEntry[] = []
  while (reader.left > 0) entries.push(deletedEntry.read(reader))
  return entries
}

/** A record with everything that belongs to it. `body`: its bytes where they ride beside it and were not left out. */
export interface JournalEntry {
  readonly record: JournalRecord
  /** The record as it was first written; what is hashed. */
  readonly bytes: Buffer
  readonly hash: RecordHash
  readonly body: Buffer | null
}

/** The hash before the first record. */
export const noHash = '0'.repeat(64) as RecordHash

const recordDomain = Buffer.from('concur-record-1\0')

export function recordHash(bytes: Uint8Array): RecordHash {
  return blake3Library()
    .blake3(Buffer.concat([recordDomain, bytes]))
    .toString('hex') as RecordHash
}

/** @returns the entry of a record that is written for the first time. */
export function newEntry(record: JournalRecord, body: Buffer | null): JournalEntry {
  const writer = new ByteWriter()
  journalRecord.write(writer, record)
  const bytes = Buffer.from(writer.take())
  return { record, bytes, hash: recordHash(bytes), body }
}

/**
 * @throws ConcurError BAD_FRAME when the bytes are no record, or `body` is not as long as the record says; BAD_PATH for
 *   a path that is none.
 */
export function readEntry(bytes: Buffer, body: Buffer | null): JournalEntry {
  const reader = new ByteReader(bytes)
  const record = journalRecord.read(reader)
  if (reader.left !== 0) throw new ConcurError('BAD_FRAME', 'a record with bytes behind its end')
  if (body !== null && body.length !== bytesBeside(record.change))
    throw new ConcurError('BAD_FRAME', `record ${record.seq} with bytes that are not its own`)
  return { record, bytes, hash: recordHash(bytes), body }
}

/** @returns the bytes that belong to a change, or null where none do. */
export function bodyOf(change: Change): ChangeBody | null {
  return 'body' in change && change.body.bytes > 0 ? change.body : null
}

/** @returns how many bytes ride beside a change, where they are not left out. */
function bytesBeside(change: Change): number {
  const body = bodyOf(change)
  return body === null || body.stage !== null ? 0 : body.bytes
}

/** Whether a record only says again that a lock is held: journals that begin later must know of it, and nobody has asked. */
export function isCarried({ client, change }: Pick<JournalRecord, 'client' | 'change'>): boolean {
  return change.type === 'lock' && client === null
}

/** @returns every path that a change of the tree names; a lock changes none. */
export function pathsOf(change: Change): readonly string[] {
  if (change.type === 'rename') return [change.from, change.to]
  return 'path' in change ? [change.path] : []
}
