/**
 * How a coordinator's term begins: with a number above every one that it or a replica in reach knows. A replica in reach
 * that knows of commits beyond this journal means that the journal was lost or put back, and no term begins.
 * Clause: DESIGN.md section 7, "Lineage".
 */
import type { JournalIs } from '../protocol/change-messages.ts'
import type { Connection } from '../protocol/connection.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Epoch } from '../protocol/record.ts'

/** What a replica in reach says of its journal. */
export interface Heard {
  readonly node: NodeName
  readonly journal: JournalIs
}

/** @returns null when it does not say: it is asked again when it is told records. */
export function askJournal(connection: Connection, seq: number): Promise<JournalIs | null> {
  return new Promise(resolve => {
    try {
      connection.request(
        'JOURNAL_AT',
        { seq },
        {
          onMessage: message => resolve(message.opcode === 'JOURNAL_IS' ? message.body : null),
          onFailed: () => resolve(null),
        },
      )
    } catch {
      resolve(null)
    }
  })
}

/** @returns the number of the term that may begin. @throws ConcurError ROLLED_BACK. */
export function nextEpochNumber(
  own: { readonly epoch: Epoch | null; readonly lastSeq: number },
  heard: readonly Heard[],
): number {
  for (const { node, journal } of heard) {
    if (journal.committedSeq <= own.lastSeq) continue
    throw new ConcurError(
      'ROLLED_BACK',
      `${node} knows of changes up to seq ${journal.committedSeq}, and this journal ends at ${own.lastSeq}: ` +
        `start once with --accept-journal ${node} to go on from there`,
    )
  }
  const numbers = heard.map(({ journal }) => journal.epoch?.number ?? 0)
  return 1 + Math.max(own.epoch?.number ?? 0, ...numbers)
}
