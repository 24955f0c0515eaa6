/**
 * What the journals of the nodes add to a comparison: which content a path should have, who is only behind, and what was
 * done to it on a disk, past us. Pure. Clause: README.md "READ".
 */
import type { Cause, Copy } from './copies.ts'
import type { Digest } from './digest.ts'
import type { NodeName } from './ids.ts'

/** What a node's own journal says of the path, at the moment of the copy. */
export interface JournaledAt {
  /** The last record that it settled there; 0: none. */
  readonly pathSeq: number
  /** The file that this made of the path; null: no file. */
  readonly journaled: Digest | null
}

/** A node that is catching up. */
export interface Lag {
  readonly behindOps: number
  /** It got on within the last heartbeat timeout. */
  readonly isMoving: boolean
}

export interface Latest {
  readonly seq: number
  readonly digest: Digest | null
}

interface Answer {
  readonly node: NodeName
  readonly copy: Copy | null
  readonly at?: JournaledAt
}

/** @returns the latest record of the path that any node has settled; null: it was never changed through us. */
export function latestOf(answers: readonly Answer[]): Latest | null {
  let latest: Latest | null = null
  for (const { at } of answers)
    if (at !== undefined && at.pathSeq > (latest?.seq ?? 0))
      latest = { seq: at.pathSeq, digest: at.journaled }
  return latest
}

/** It holds its own install of an older version, and is on its way. */
export function isStale(answer: Answer, latest: Latest, lag: Lag | undefined): boolean {
  return lag?.isMoving === true && isBehind(answer, latest)
}

/** It holds what an older record made of the path, which was deleted since. */
export function isLeftover(answer: Answer, latest: Latest): boolean {
  return isBehind(answer, latest)
}

/** @param holders of one version. */
export function causeOf(holders: readonly Answer[], latest: Latest | null): Cause | null {
  if (latest === null) return 'never-replicated'
  if (holders.every(({ copy }) => digestOf(copy) === latest.digest && latest.digest !== null)) return null
  return holders.every(holder => isBehind(holder, latest)) ? 'behind' : 'edited-on-disk'
}

/** Reads on from the node's name. */
export function missingReason({ at }: Answer, latest: Latest | null): string {
  if (latest === null || latest.digest === null) return 'has no such file'
  return (at?.pathSeq ?? 0) < latest.seq
    ? 'has no such file yet: it is behind'
    : 'has no such file any more: it was deleted on its disk'
}

function isBehind({ copy, at }: Answer, latest: Latest): boolean {
  if (copy === null || copy.is === 'absent' || at === undefined || at.pathSeq >= latest.seq) return false
  return at.pathSeq > 0 && digestOf(copy) === at.journaled
}

function digestOf(copy: Copy | null): Digest | null {
  return copy?.is === 'file' ? copy.digest : null
}
