/**
 * The journal as clients know it: the operations at a path and below it, without the records of members and what was
 * abandoned. Clause: protocol/README.md "LOG".
 */
import { pageBytesAim } from '../../protocol/limits.ts'
import type { LoggedOperation } from '../../protocol/messages.ts'
import type { FolderPath } from '../../protocol/path.ts'
import type { JournalEntry, JournalRecord } from '../../protocol/record.ts'

const readBytes = 1024 * 1024
/** Bytes of an operation beside its paths. */
const operationFixedBytes = 512
/** Records that are read from the end at once. */
const strideRecords = 1024

export interface LogReader {
  readAfter(seq: number, bytesMax: number): readonly JournalEntry[]
}

/** @returns null for a record that is no operation of a client's. */
export function loggedOperation({
  epoch,
  seq,
  timeMs,
  client,
  change,
}: JournalRecord): LoggedOperation | null {
  const shared = { epoch: epoch.number, seq, timeMs, client }
  switch (change.type) {
    case 'put':
    case 'append': {
      const { type, path, size, digest } = change
      return { ...shared, type, path, from: null, size, digest }
    }
    case 'rename':
      return { ...shared, type: 'rename', path: change.to, from: change.from, size: null, digest: null }
    case 'delete':
    case 'mkdir':
      return { ...shared, type: change.type, path: change.path, from: null, size: null, digest: null }
    default:
      return null
  }
}

/** Whether the operation is one at the path or below it; a rename is one of both of its paths. */
export function concerns({ path, from }: LoggedOperation, folder: FolderPath): boolean {
  return isAtOrBelow(path, folder) || (from !== null && isAtOrBelow(from, folder))
}

/** `readTo`: up to where records may abandon one of the others; where that is more than `lastSeq`. */
interface Stretch {
  readonly afterSeq: number
  readonly lastSeq: number
  readonly readTo?: number
}

/** @returns the operations behind `afterSeq` up to `lastSeq`, oldest first, in pages that fit into a frame. */
export function* pagesAfter(
  journal: LogReader,
  folder: FolderPath,
  stretch: Stretch,
): Generator<LoggedOperation[]> {
  for (const operations of operationsAfter(journal, folder, stretch)) yield* pagesOf(operations)
}

/** @returns the operations behind `afterSeq` up to `lastSeq`, in pieces, oldest first. */
export function* operationsAfter(
  journal: LogReader,
  folder: FolderPath,
  { afterSeq, lastSeq, readTo = lastSeq }: Stretch,
): Generator<LoggedOperation[]> {
  const abandoned = abandonedAfter(journal, afterSeq, Math.min(readTo, lastSeq + strideRecords))
  for (let at = afterSeq; at < lastSeq; ) {
    const entries = journal.readAfter(at, readBytes).filter(({ record }) => record.seq <= lastSeq)
    at = entries.at(-1)?.record.seq ?? lastSeq
    yield entries.flatMap(({ record }) => {
      const operation = abandoned.has(record.seq) ? null : loggedOperation(record)
      return operation !== null && concerns(operation, folder) ? [operation] : []
    })
  }
}

/** @returns behind which record the last `count` operations begin; found from the end. */
export function seqBeforeLast(
  journal: LogReader,
  folder: FolderPath,
  { count, afterSeq, lastSeq }: { count: number; afterSeq: number; lastSeq: number },
): number {
  let found: number[] = []
  for (let end = lastSeq; end > afterSeq && found.length < count; ) {
    const begin = Math.max(afterSeq, end - strideRecords)
    const operations = [
      ...operationsAfter(journal, folder, { afterSeq: begin, lastSeq: end, readTo: lastSeq }),
    ]
    const seqs = operations.flat().map(({ seq }) => seq)
    found = [...seqs, ...found]
    end = begin
  }
  if (count === 0) return lastSeq
  return found.length < count ? afterSeq : found.at(-count)! - 1
}

/** Cut so that each fits into a frame, however long the paths are. */
function* pagesOf(operations: readonly LoggedOperation[]): Generator<LoggedOperation[]> {
  let page: LoggedOperation[] = []
  let bytes = 0
  for (const operation of operations) {
    page.push(operation)
    bytes += operationFixedBytes + Buffer.byteLength(operation.path) + Buffer.byteLength(operation.from ?? '')
    if (bytes < pageBytesAim) continue
    yield page
    page = []
    bytes = 0
  }
  if (page.length > 0) yield page
}

/** A record is abandoned by one that comes soon behind it, and both are committed together. */
function abandonedAfter(journal: LogReader, afterSeq: number, lastSeq: number): Set<number> {
  const abandoned = new Set<number>()
  for (let at = afterSeq; at < lastSeq; ) {
    const entries = journal.readAfter(at, readBytes)
    for (const { record } of entries)
      if (record.change.type === 'abandoned') abandoned.add(record.change.abandonedSeq)
    at = entries.at(-1)?.record.seq ?? lastSeq
  }
  return abandoned
}

function isAtOrBelow(path: string, folder: FolderPath): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}
