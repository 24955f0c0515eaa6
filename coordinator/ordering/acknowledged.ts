/**
 * What each node had acknowledged, as far as a journal tells when it is read again: a node of the in-sync set had all that
 * was committed, one that left had what the record of its leaving says. A node that has less now was put back from a copy,
 * or has lost what was durable. A lower bound: never more than the node really had. Pure.
 * Clause: DESIGN.md section 7, "A restored snapshot".
 */
import type { NodeName } from '../../protocol/ids.ts'
import type { JournalRecord } from '../../protocol/record.ts'

/**
 * `records`: the end of a journal, oldest first. `committedSeq`: what was committed when it ended, where that is known
 * better than the last record tells.
 */
export function acknowledgedSeqs(
  records: readonly Pick<JournalRecord, 'seq' | 'committedSeq' | 'change'>[],
  committedSeq = 0,
): Map<NodeName, number> {
  const acknowledged = new Map<NodeName, number>()
  /** The nodes of the set, each with the record of its joining. */
  const joinedBy = new Map<NodeName, number>()
  const note = (node: NodeName, seq: number): void => {
    acknowledged.set(node, Math.max(acknowledged.get(node) ?? 0, seq))
  }
  // Who joins may lack some of what was committed until then; its joining is not committed before it has all of that.
  const noteSet = (committed: number): void => {
    for (const [node, joinSeq] of joinedBy) if (joinSeq <= committed) note(node, committed)
  }
  let committed = 0
  for (const { seq, change, committedSeq } of records) {
    if (change.type === 'begin') {
      // What a new term holds to be committed, the nodes of the term before need not have had.
      noteSet(committed)
      joinedBy.clear()
    }
    committed = Math.max(committed, committedSeq)
    if (change.type === 'join') joinedBy.set(change.node, seq)
    if (change.type === 'leave') {
      joinedBy.delete(change.node)
      note(change.node, change.journaledSeq)
    }
  }
  noteSet(Math.max(committed, committedSeq))
  return acknowledged
}
