/**
 * Takes over the journal of a replica, because this node's own was lost or put back from a copy: every record behind the
 * last common one, in order, each held against the chain of hashes. Clause: protocol/README.md "REPLAY".
 */
import type { Connection } from '../../protocol/connection.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { receivedEntry } from '../../protocol/received-entry.ts'
import type { JournalEntry } from '../../protocol/record.ts'
import type { Journal } from '../../replica/store/journal/journal.ts'
import { PageQueue } from '../page-queue.ts'
import { Meeting } from './meeting.ts'

export interface AcceptingOptions {
  readonly node: NodeName
  readonly connection: Pick<Connection, 'request'>
  readonly journal: Pick<Journal, 'at' | 'last' | 'begin' | 'append' | 'truncateAfter'>
  /** Up to here this node has installed its own records. */
  readonly settledSeq: number
  /** Takes back what this node has installed behind a record. */
  readonly fileFork: (commonSeq: number) => Promise<void>
}

interface Page {
  readonly entries: readonly JournalEntry[]
  readonly bytes: number
}

/**
 * @returns how many records were taken over; they are durable, and count as committed.
 * @throws ConcurError ROLLED_BACK where the two journals have no record in common any more; UNREACHABLE; BAD_FRAME for records that do not follow; NO_SPACE, IO_ERROR.
 */
export async function acceptJournal(options: AcceptingOptions): Promise<number> {
  const { connection, journal, settledSeq } = options
  const point = await new Meeting({ connection, journal }).find(() => 0)
  if (point === null) throw beginsTooLate(options.node)
  const commonSeq = point.after.seq
  if (settledSeq > commonSeq) await options.fileFork(commonSeq)
  if (journal.last.seq > commonSeq) await journal.truncateAfter(commonSeq)
  const { queue, stream } = replay(options, commonSeq)
  try {
    for (let page = await queue.next(); page !== null; page = await queue.next()) {
      assertFollows(page.entries, journal)
      if (page.entries.length > 0) await journal.append(page.entries)
      stream.consumed(page.bytes)
    }
  } catch (error) {
    stream.cancel()
    throw error
  }
  return journal.last.seq - commonSeq
}

/** Nothing was changed. Whoever holds all of it can go on as the coordinator. */
function beginsTooLate(node: NodeName): ConcurError {
  return new ConcurError(
    'ROLLED_BACK',
    `the journal of ${node} does not go back to where this one ends (--journal-keep): start concur-coordinator over the ` +
      `folder of ${node}, under its name, with --replace for this node, which is a replica with an empty folder then`,
  )
}

function replay({ node, connection }: AcceptingOptions, afterSeq: number) {
  const queue = new PageQueue<Page>()
  const stream = connection.request(
    'REPLAY',
    { afterSeq },
    {
      onMessage: (message, fin, bytes) => {
        if (message.opcode === 'PROGRESS') return
        if (message.opcode !== 'RECORDS')
          throw new ConcurError('BAD_FRAME', `${message.opcode} in answer to REPLAY`)
        try {
          queue.push({
            entries: message.body.entries.map(({ record, body }) => receivedEntry(record, body)),
            bytes,
          })
          if (fin) queue.finish(null)
        } catch (error) {
          queue.finish(asConcurError(error))
        }
      },
      onFailed: error =>
        queue.finish(new ConcurError(error.code, `${node}: ${error.message}`, { cause: error })),
    },
  )
  return { queue, stream }
}

function assertFollows(entries: readonly JournalEntry[], { last }: Pick<Journal, 'last'>): void {
  let { seq, hash } = last
  for (const { record, hash: own } of entries) {
    if (record.seq !== seq + 1 || record.previous !== hash)
      throw new ConcurError('BAD_FRAME', `record ${record.seq} does not follow from ${seq}`)
    seq = record.seq
    hash = own
  }
}
