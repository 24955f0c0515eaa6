/**
 * Which copies of a path are only behind: those of nodes that are catching up and get on, which hold what an older record
 * made of the path, or nothing because they have not settled its first one. It is said only where every other copy is
 * what the latest record made: then all will be the same. What cannot be known is not said. A pure function.
 * Clause: protocol/README.md "LIST".
 */
import type { Copy, JournaledAt } from '../protocol/copies.ts'
import type { Digest } from '../protocol/digest.ts'
import type { NodeName } from '../protocol/ids.ts'
import { type Lag, latestOf } from '../protocol/journaled.ts'
import type { NodeAnswer } from '../protocol/verdict.ts'

/**
 * @param answers one a node; null: it was not asked.
 * @param lags the nodes that are catching up.
 * @returns which of them.
 */
export function onlyBehind(
  answers: readonly (NodeAnswer | null)[],
  lags: ReadonlyMap<NodeName, Lag>,
): boolean[] {
  const latest = latestOf(answers.filter(answer => answer !== null))
  const nobody = answers.map(() => false)
  if (latest === null) return nobody
  const isBehind = answers.map(
    answer => answer !== null && lags.get(answer.node)?.isMoving === true && isOlder(answer, latest.seq),
  )
  const isLatest = answers.every(
    (answer, place) =>
      isBehind[place] || isUnknown(answer) || isAsMade(answer!.copy!, latest.made, latest.digest),
  )
  return isLatest ? isBehind : nobody
}

/** It has not settled the record yet, and holds what its own journal says. */
function isOlder(answer: NodeAnswer, seq: number): boolean {
  if (answer.copy === null || answer.at === undefined || answer.at.pathSeq >= seq) return false
  return isAsMade(answer.copy, answer.at.made, answer.at.journaled)
}

/** A node that could not be compared makes no difference here: the row says that by itself. */
function isUnknown(answer: NodeAnswer | null): boolean {
  return answer === null || answer.copy === null || answer.copy.is === 'unreadable'
}

function isAsMade(copy: Copy, made: JournaledAt['made'], digest: Digest | null): boolean {
  if (copy.is === 'file') return made === 'file' && copy.digest === digest
  return copy.is === made
}
