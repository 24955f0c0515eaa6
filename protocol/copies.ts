/**
 * What a read says and hears: the copies that nodes hold, and the versions that they make. Spelled out field by field,
 * for every small read sends them: a loop over the names of a struct costs more than the fields do.
 * Clause: README.md "Messages".
 */
import { type Codec, flag, list, oneOf, optional, struct, u64, union, type ValueOf } from './codec.ts'
import type { Digest } from './digest.ts'
import { digest, nodeName, nothing, path, reason, timeMs } from './fields.ts'
import type { NodeName } from './ids.ts'
import { nodesMax } from './limits.ts'
import type { FilePath } from './path.ts'

interface Look {
  readonly path: FilePath
  readonly deep: boolean
  /** The answer waits until the node has settled this record of the path; 0: it does not wait. */
  readonly settledSeq: number
}

export const look: Codec<Look> = {
  write(w, v) {
    path.write(w, v.path)
    flag.write(w, v.deep)
    u64.write(w, v.settledSeq)
  },
  read: r => ({ path: path.read(r), deep: flag.read(r), settledSeq: u64.read(r) }),
}

interface FileCopy {
  readonly size: number
  readonly mtimeMs: number
  readonly executable: boolean
  readonly digest: Digest
  readonly checkedAtMs: number
  /** Its bytes are others than when they were last known to be right, though nothing changed the file. */
  readonly rotten: boolean
}

const fileCopy: Codec<FileCopy> = {
  write(w, v) {
    u64.write(w, v.size)
    timeMs.write(w, v.mtimeMs)
    flag.write(w, v.executable)
    digest.write(w, v.digest)
    timeMs.write(w, v.checkedAtMs)
    flag.write(w, v.rotten)
  },
  read: r => ({
    size: u64.read(r),
    mtimeMs: timeMs.read(r),
    executable: flag.read(r),
    digest: digest.read(r),
    checkedAtMs: timeMs.read(r),
    rotten: flag.read(r),
  }),
}

const optionalDigest = optional(digest)

/** What one node's disk holds at a path. */
export const copy = union('is', () => ({
  file: fileCopy,
  folder: nothing as Codec<object>,
  other: struct(() => ({ what: oneOf(['link', 'fifo', 'socket', 'device', 'mount', 'unknown']) })),
  absent: nothing as Codec<object>,
  unreadable: struct(() => ({ reason })),
}))
export type Copy = ValueOf<typeof copy>
export type OtherKind = Extract<Copy, { is: 'other' }>['what']

const made = oneOf(['absent', 'file', 'folder'])

/** The copy, and what the node's own journal says of the path. */
export const copyAt: Codec<CopyAt> = {
  write(w, v) {
    copy.write(w, v.copy)
    u64.write(w, v.pathSeq)
    made.write(w, v.made)
    optionalDigest.write(w, v.journaled)
  },
  read: r => ({
    copy: copy.read(r),
    pathSeq: u64.read(r),
    made: made.read(r),
    journaled: optionalDigest.read(r),
  }),
}

/** What a node's own journal says of a path, at the moment of the copy. */
export interface JournaledAt {
  /** The last record that it settled there; 0: none. */
  readonly pathSeq: number
  /** What this made of the path; `absent` also where there is none. */
  readonly made: ValueOf<typeof made>
  /** The content of that file; null: no file, or one that was only moved and never written through us. */
  readonly journaled: Digest | null
}

export interface CopyAt extends JournaledAt {
  readonly copy: Copy
}

const versionType = oneOf(['file', 'folder', 'other'])
const optionalTime = optional(timeMs)
const optionalReason = optional(reason)
export const cause = optional(oneOf(['behind', 'edited-on-disk', 'bit-rot', 'forked', 'never-replicated']))

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

export const version: Codec<Version> = {
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
