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
import type { Log } from '../replica/program/log.ts'
import type { Store } from '../replica/store/store.ts'
import { acceptJournal } from './following/accepting.ts'
import type { ReplicaLink } from './replica-link.ts'

export interface TermOptions {
  readonly store: Store
  readonly links: readonly ReplicaLink[]
  readonly log: Log
  /** Whose journal is taken over first. */
  readonly acceptJournal: NodeName | null
}

/** @returns the number of the term that may begin. @throws ConcurError ROLLED_BACK, or what hinders the taking over. */
export async function termToBegin(options: TermOptions): Promise<number> {
  const { store, links } = options
  if (options.acceptJournal !== null) await accept(options, options.acceptJournal)
  const { epoch, seq } = store.journal.last
  if (seq === 0) assertNotForgotten(links)
  return nextEpochNumber({ epoch, lastSeq: seq }, await hearAll(links, seq))
}

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

/** @throws ConcurError ROLLED_BACK when this node is new, and a replica is not: the own folder was lost. */
function assertNotForgotten(links: readonly ReplicaLink[]): void {
  const knowing = links.find(({ refusedWith }) => refusedWith === 'WRONG_CLUSTER')
  if (knowing === undefined) return
  const { name } = knowing
  throw new ConcurError(
    'ROLLED_BACK',
    `${name} belongs to a cluster already, and this folder is new: start once with --accept-journal ${name} to go on from there`,
  )
}

/** @throws ConcurError: it is not taken over, or only in part; a start with the same option goes on. */
async function accept({ store, links, log }: TermOptions, node: NodeName): Promise<void> {
  const link = links.find(({ name }) => name === node)
  const connection = link?.connection ?? null
  if (connection === null)
    throw new ConcurError(
      'UNREACHABLE',
      `--accept-journal ${node}: ${node} ${link?.report().reason ?? 'is not there'}`,
    )
  const { journal, settler } = store
  const records = await acceptJournal({ node, connection, journal, settledSeq: settler.settledSeq })
  settler.commit(journal.last.seq)
  log.warn({ replica: node, records, seq: journal.last.seq }, 'journal accepted')
}

async function hearAll(links: readonly ReplicaLink[], seq: number): Promise<Heard[]> {
  const answers = await Promise.all(
    links.map(async ({ name, connection }) => {
      const journal = connection === null ? null : await askJournal(connection, seq)
      return journal === null ? null : { node: name, journal }
    }),
  )
  return answers.filter(answer => answer !== null)
}
