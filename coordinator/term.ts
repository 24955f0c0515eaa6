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
import type { Timers } from '../protocol/world.ts'
import { logFork } from '../replica/program/fork-line.ts'
import type { Log } from '../replica/program/log.ts'
import type { Store } from '../replica/store/store.ts'
import { acceptJournal } from './following/accepting.ts'
import type { ReplicaLink } from './replica-link.ts'

/** Milliseconds that a start waits for what a replica says of its journal. */
const answerWithinMs = 1_000

export interface TermOptions {
  readonly store: Store
  readonly links: readonly ReplicaLink[]
  readonly log: Log
  readonly timers: Timers
  /** Whose journal is taken over first. */
  readonly acceptJournal: NodeName | null
}

/** @returns the number of the term that may begin. @throws ConcurError ROLLED_BACK, or what hinders the taking over. */
export async function termToBegin(options: TermOptions): Promise<number> {
  const { store, links, timers } = options
  if (options.acceptJournal !== null) await accept(options, options.acceptJournal)
  const { epoch, seq } = store.journal.last
  if (seq === 0) assertNotForgotten(links)
  return nextEpochNumber({ epoch, lastSeq: seq }, await hearAll(links, seq, timers))
}

/** What a replica in reach says of its journal. */
export interface Heard {
  readonly node: NodeName
  readonly journal: JournalIs
}

/** @returns null when it does not say it within a second. */
export function askJournal(connection: Connection, seq: number, timers: Timers): Promise<JournalIs | null> {
  return new Promise(resolve => {
    const callOff = timers.after(answerWithinMs, () => resolve(null))
    const answer = (journal: JournalIs | null): void => {
      callOff()
      resolve(journal)
    }
    try {
      connection.request(
        'JOURNAL_AT',
        { seq },
        {
          onMessage: message => answer(message.opcode === 'JOURNAL_IS' ? message.body : null),
          onFailed: () => answer(null),
        },
      )
    } catch {
      answer(null)
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
    throw rolledBack(node, journal.committedSeq, own.lastSeq)
  }
  const numbers = heard.map(({ journal }) => journal.epoch?.number ?? 0)
  return 1 + Math.max(own.epoch?.number ?? 0, ...numbers)
}

/** @returns what to say, and to do, of a replica that knows of commits beyond this journal. */
export function rolledBack(node: NodeName, theirSeq: number, ownSeq: number): ConcurError {
  return new ConcurError(
    'ROLLED_BACK',
    `${node} knows of changes up to seq ${theirSeq}, and this journal ends at ${ownSeq}: ` +
      `start once with --accept-journal ${node} to go on from there`,
  )
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
  const fileFork = async (commonSeq: number): Promise<void> => logFork(log, await store.fileFork(commonSeq))
  const records = await acceptJournal({
    ...{ node, connection, journal, fileFork },
    settledSeq: settler.settledSeq,
  })
  settler.commit(journal.last.seq)
  log.warn({ replica: node, records, seq: journal.last.seq }, 'journal accepted')
}

/** Who does not say it soon is not waited for: it is asked again when it is told records. */
async function hearAll(links: readonly ReplicaLink[], seq: number, timers: Timers): Promise<Heard[]> {
  const answers = await Promise.all(
    links.map(async ({ name, connection }) => {
      const journal = connection === null ? null : await askJournal(connection, seq, timers)
      return journal === null ? null : { node: name, journal }
    }),
  )
  return answers.filter(answer => answer !== null)
}
