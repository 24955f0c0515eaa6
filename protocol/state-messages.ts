/**
 * What is said where a replica was away for longer than the journal goes back: what paths are by the journal, and the position at
 * which they are that. Clause: README.md "RESTATE".
 */
import { flag, list, optional, parsed, struct, u64, union, type ValueOf } from './codec.ts'
import { digest, path, timeMs } from './fields.ts'
import { parseRecordHash } from './ids.ts'
import { epoch } from './record.ts'

/** What the record `seq`, the last one that touched the path, made of it. */
export const statedRow = struct(() => ({
  path,
  seq: u64,
  state: union('is', () => ({
    /** A tombstone: the path was there once. */
    absent: struct(() => ({})),
    folder: struct(() => ({})),
    file: struct(() => ({
      /** None: the journal has only moved it, and does not know its bytes. */
      digest: optional(digest),
      size: optional(u64),
      executable: optional(flag),
      timeMs,
    })),
  })),
}))
export type StatedRow = ValueOf<typeof statedRow>
export type StatedFile = Extract<StatedRow['state'], { is: 'file' }>

/** A record, as the place behind which others follow. Everything up to it is committed. */
export const statedPosition = struct(() => ({
  seq: u64,
  hash: parsed(parseRecordHash),
  epoch: optional(epoch),
}))
export type StatedPosition = ValueOf<typeof statedPosition>

export const restate = struct(() => ({ epoch, committedSeq: u64 }))
export type Restate = ValueOf<typeof restate>

export const stated = struct(() => ({
  rows: list(statedRow, 0xffff),
  /** They take the place of what was said of the same paths before. */
  isLater: flag,
  /** With the last ones: where the coordinator was when all of them were so. */
  position: optional(statedPosition),
}))
export type Stated = ValueOf<typeof stated>

/** A replica lacks the bytes of a path that was stated. */
export const needStated = struct(() => ({
  /** Which SUPPLY it is that brings them, and LOST that tells of them. */
  number: u64,
  path,
  /** Of the record that made them. */
  seq: u64,
  size: u64,
  digest,
}))
export type NeedStated = ValueOf<typeof needStated>
