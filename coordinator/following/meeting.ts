/**
 * Finds the last record that the coordinator and a replica both have, by asking the replica for hashes: one question
 * where it was merely away, a few where it has a tail of its own. Clause: protocol/README.md "JOURNAL_AT".
 */
import type { JournalIs } from '../../protocol/change-messages.ts'
import type { Connection } from '../../protocol/connection.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { RecordHash } from '../../protocol/ids.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Journal } from '../../replica/store/journal/journal.ts'
import { beginSearch, isFork, knowsMore, mayNeedReleased, narrowed, nextProbe } from './meeting-point.ts'

/** A record, as the place behind which others follow. */
export interface Position {
  readonly seq: number
  readonly hash: RecordHash
}

/** From where a replica is asked to follow. */
export interface MeetingPoint {
  readonly after: Position
  /** What both have behind it is not the same, and committed. */
  readonly isFork: boolean
  /** The replica has something behind it that is committed, and not the coordinator's. */
  readonly knowsMore: boolean
}

export class Meeting {
  private readonly connection: Pick<Connection, 'request'>
  private readonly journal: Pick<Journal, 'at' | 'last' | 'begin'>
  private stream: Stream | null = null

  constructor(options: {
    connection: Pick<Connection, 'request'>
    journal: Pick<Journal, 'at' | 'last' | 'begin'>
  }) {
    this.connection = options.connection
    this.journal = options.journal
  }

  /**
   * @returns the last record that both have; null: none that one of the two does not begin behind, or the replica may need
   *   the bytes of records before the own journal's begin.
   * @throws ConcurError what the replica refuses with, UNREACHABLE when it is lost, IO_ERROR when the own journal cannot
   *   be read.
   */
  async find(ownCommittedSeq: () => number): Promise<MeetingPoint | null> {
    const { last, begin } = this.journal
    const replica = await this.ask(last.seq)
    let answer = { seq: last.seq, hash: replica.hash }
    const beginOfBoth = Math.max(begin.seq, replica.beginSeq)
    let search = beginSearch(Math.min(last.seq, replica.lastSeq), beginOfBoth)
    for (let probe = nextProbe(search); probe !== null; probe = nextProbe(search)) {
      if (answer.seq !== probe) answer = { seq: probe, hash: (await this.ask(probe)).hash }
      search = narrowed(search, probe, answer.hash === this.positionAt(probe).hash)
    }
    const { common } = search
    if (common < beginOfBoth) return null
    const hasForked = isFork({ common, ownCommittedSeq: ownCommittedSeq(), replica })
    if (!hasForked && mayNeedReleased(begin.seq, replica)) return null
    return {
      after: this.positionAt(common),
      isFork: hasForked,
      knowsMore: knowsMore(common, replica),
    }
  }

  /** Asks no more; `find` never settles then. */
  stop(): void {
    this.stream?.cancel()
  }

  private positionAt(seq: number): Position {
    const { begin } = this.journal
    if (seq === begin.seq) return { seq, hash: begin.hash }
    const entry = this.journal.at(seq)
    if (entry === null)
      throw new ConcurError('CHANGED', `record ${seq} was dropped from the journal meanwhile`)
    return { seq, hash: entry.hash }
  }

  private ask(seq: number): Promise<JournalIs> {
    return new Promise((resolve, reject) => {
      const onMessage: Parameters<Connection['request']>[2]['onMessage'] = (message, fin) => {
        if (message.opcode === 'PROGRESS') return
        if (message.opcode !== 'JOURNAL_IS' || !fin)
          throw new ConcurError('BAD_FRAME', `${message.opcode} in answer to JOURNAL_AT`)
        resolve(message.body)
      }
      this.stream = this.connection.request('JOURNAL_AT', { seq }, { onMessage, onFailed: reject })
    })
  }
}
