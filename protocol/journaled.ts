/**
 * What the journals of the nodes add to a comparison: which content a path should have, who is only behind, and what was
 * done to it on a disk, past us. Pure. Clause: README.md "READ".
 */
import type { Cause, Copy, JournaledAt } from './copies.ts'
import type { Digest } from './digest.ts'
import type { NodeName } from './ids.ts'

/** A node that is catching up. */
export interface Lag {
  readonly behindOps: number
  /** It got on within the last heartbeat timeout. */
  readonly isMoving: boolean
}

/** What the latest record of a path made of it. */
export interface Latest {
  readonly seq: number
  readonly made: JournaledAt['made']
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
      latest = { seq: at.pathSeq, made: at.made, digest: at.journaled }
  return latest
}

/** It holds its own install of an older version, and is on its way. */
export function isStale(answer: Answer, latest: Latest, lag: Lag | undefined): boolean {
  return lag?.isMoving === true && isBehind(answer, latest)
}

/** It holds what an older record made of the path, which was deleted since. */
export function isLeftover(answer: Answer, latest: Latest): boolean {
  return latest.made === 'absent' && isBehind(answer, latest)
}

/** Whether its bytes changed though nothing changed the file; what the journal wants there is never called so. */
export function isRotten({ copy }: Answer, latest: Latest | null): boolean {
  return copy?.is === 'file' && copy.rotten && copy.digest !== latest?.digest
}

/** @param holders of one version. */
export function causeOf(holders: readonly Answer[], latest: Latest | null): Cause | null {
  if (holders.some(holder => isRotten(holder, latest))) return 'bit-rot'
  if (latest === null) return 'never-replicated'
  const { copy } = holders[0]!
  if (isUnwritten(latest) && copy?.is === 'file') return 'never-replicated'
  if (isAsMade(copy, latest.made, latest.digest)) return null
  return holders.every(holder => isBehind(holder, latest)) ? 'behind' : 'edited-on-disk'
}

/** Why a node has nothing there; reads on from its name. */
export function missingReason({ at }: Answer, latest: Latest | null): string {
  if (latest === null) return 'never had it through us'
  if (latest.made !== 'file') return 'has no such file'
  return (at?.pathSeq ?? 0) < latest.seq
    ? 'has no such file yet: it is behind'
    : 'has no such file any more: it was deleted by hand'
}

/** A file that we only moved: which of its contents is right, no record says. */
function isUnwritten({ made, digest }: Latest): boolean {
  return made === 'file' && digest === null
}

function isBehind({ copy, at }: Answer, latest: Latest): boolean {
  if (copy === null || copy.is === 'absent' || at === undefined || at.pathSeq >= latest.seq) return false
  return at.pathSeq > 0 && isAsMade(copy, at.made, at.journaled)
}

function isAsMade(copy: Copy | null, made: JournaledAt['made'], digest: Digest | null): boolean {
  if (copy?.is === 'file') return made === 'file' && copy.digest === digest
  return copy?.is === made
}
