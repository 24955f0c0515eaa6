/**
 * What a coordinator has to know of its journal when it starts: the nodes that it knew, what they had acknowledged, who
 * held which lock, and which changes of clients its latest records were. Read from the end, as far as that goes.
 */
import type { NodeId, NodeName } from '../../protocol/ids.ts'
import type { Change, JournalEntry, JournalRecord, LockChange, Operation } from '../../protocol/record.ts'
import type { LockRecord } from '../locks/lock-table.ts'
import { acknowledgedSeqs } from './acknowledged.ts'

const strideRecords = 4096

export interface JournalReader {
  readonly last: { readonly seq: number }
  /** The record behind which it begins. */
  readonly begin: { readonly seq: number }
  readAfter(seq: number, bytesMax: number): readonly JournalEntry[]
}

export interface Past {
  /** The node ids that were known by their names, when the journal ended. */
  readonly nodeIds: ReadonlyMap<NodeName, NodeId>
  /** What these nodes had in their journals at the least. */
  readonly acknowledged: ReadonlyMap<NodeName, number>
  /** The latest changes of clients, oldest first. */
  readonly operations: readonly { readonly operation: Operation; readonly seq: number }[]
  /** Records of locks, oldest first. */
  readonly locks: readonly LockRecord[]
  /** Changes and locks up to here are not among them. */
  readonly operationsAfterSeq: number
}

/** `committedSeq`: what is known to be committed by the members of the journal's last term; 0: what its records say. */
export function readPast(journal: JournalReader, operationsMax: number, committedSeq = 0): Past {
  const later: JournalRecord[][] = []
  const abandoned = new Set<number>()
  let operations = 0
  let hasBegin = false
  let afterSeq = journal.last.seq
  while (afterSeq > journal.begin.seq && !(hasBegin && operations >= operationsMax)) {
    const from = Math.max(journal.begin.seq, afterSeq - strideRecords)
    const stride = recordsBetween(journal, from, afterSeq)
    afterSeq = from
    later.push(stride)
    for (const { change, operation } of stride) {
      if (change.type === 'abandoned') abandoned.add(change.abandonedSeq)
      if (change.type === 'begin') hasBegin = true
      if (operation !== null) operations++
    }
  }
  const records = later.reverse().flat()
  return {
    nodeIds: nodeIdsOf(records),
    acknowledged: acknowledgedSeqs(records, committedSeq),
    operations: records.flatMap(({ operation, seq }) =>
      operation === null || abandoned.has(seq) ? [] : [{ operation, seq }],
    ),
    locks: records.flatMap(({ seq, timeMs, client, change }) =>
      isOfLock(change) && !abandoned.has(seq) ? [{ seq, timeMs, client, change }] : [],
    ),
    operationsAfterSeq: afterSeq,
  }
}

function isOfLock(change: Change): change is LockChange {
  return change.type === 'lock' || change.type === 'unlock'
}

function recordsBetween(journal: JournalReader, afterSeq: number, lastSeq: number): JournalRecord[] {
  const records: JournalRecord[] = []
  for (let at = afterSeq; at < lastSeq; ) {
    for (const { record } of journal.readAfter(at, 1024 * 1024)) {
      if (record.seq > lastSeq) break
      records.push(record)
    }
    at = records.at(-1)!.seq
  }
  return records
}

function nodeIdsOf(records: readonly JournalRecord[]): Map<NodeName, NodeId> {
  const nodeIds = new Map<NodeName, NodeId>()
  for (const { change } of records) {
    if (change.type === 'begin')
      for (const { name, nodeId } of change.members) if (nodeId !== null) nodeIds.set(name, nodeId)
    if (change.type === 'join') nodeIds.set(change.node, change.nodeId)
  }
  return nodeIds
}
