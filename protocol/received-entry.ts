/**
 * A record that a peer sent, before anything else is done with it. The chain of hashes says nothing of the bytes beside it;
 * where they are a whole file its digest does.
 */
import { digestOf } from './digest.ts'
import { asConcurError, ConcurError } from './errors.ts'
import { type JournalEntry, readEntry } from './record.ts'

/** @throws ConcurError BAD_FRAME, also for a path that is none, and for bytes that are not those of the record's digest. */
export function receivedEntry(record: Buffer, body: Buffer | null): JournalEntry {
  const entry = wellFormed(record, body)
  const { change, seq } = entry.record
  if (body !== null && change.type === 'put' && digestOf(body).digest !== change.digest)
    throw new ConcurError('BAD_FRAME', `record ${seq} with bytes that are not those of its digest`)
  return entry
}

function wellFormed(record: Buffer, body: Buffer | null): JournalEntry {
  try {
    return readEntry(record, body)
  } catch (error) {
    throw new ConcurError('BAD_FRAME', asConcurError(error).message, { cause: error })
  }
}
