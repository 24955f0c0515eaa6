/**
 * How far the changes are committed and settled: pure functions of what each node of the in-sync set has said. A node that
 * leaves counts until the record of its leaving is safe, and a record that was abandoned is never the last of a committed
 * prefix: it is committed together with the record that abandons it, or not at all. Clause: DESIGN.md section 5.
 */
import type { NodeName } from '../../protocol/ids.ts'

export interface Position {
  /** Durable in the node's journal up to here. */
  readonly journaledSeq: number
  /** In the node's folder up to here. */
  readonly settledSeq: number
}

/** A node that has left by the record `leaveSeq`, and what it had then. */
export interface Leaver extends Position {
  readonly node: NodeName
  readonly leaveSeq: number
}

/** The record `seq` is abandoned by the record `bySeq`. */
export interface Abandoned {
  readonly seq: number
  readonly bySeq: number
}

/** @param members every node of the in-sync set, the coordinator included: at least one. */
export function committedUpTo(
  members: readonly Position[],
  leavers: readonly Leaver[],
  abandoned: readonly Abandoned[],
): number {
  const held = Math.min(...members.map(({ journaledSeq }) => journaledSeq))
  let seq = held
  for (const leaver of leavers) if (leaver.leaveSeq > held) seq = Math.min(seq, leaver.journaledSeq)
  // One may pull the end in front of another: until nothing moves.
  for (let before = -1; before !== seq; ) {
    before = seq
    for (const one of abandoned) if (one.seq <= seq && seq < one.bySeq) seq = one.seq - 1
  }
  return seq
}

/** Up to where every node that is waited for has settled. */
export function settledUpTo(
  members: readonly Position[],
  leavers: readonly Leaver[],
  committedSeq: number,
): number {
  const waitedFor = leavers.filter(({ leaveSeq }) => leaveSeq > committedSeq)
  return Math.min(committedSeq, ...[...members, ...waitedFor].map(({ settledSeq }) => settledSeq))
}
