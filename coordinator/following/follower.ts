/**
 * Tells one replica every record over its link, and hears how far it is: finds the last record that both have, asks the
 * replica to follow from there, and from then on sends each record in the turn in which it was appended. A follower
 * lives as long as its stream; after that the next link has another one. Clause: protocol/README.md "FOLLOW".
 */
import type { Settled } from '../../protocol/change-messages.ts'
import type { Connection } from '../../protocol/connection.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { NodeName } from '../../protocol/ids.ts'
import { recordsBytesAim } from '../../protocol/limits.ts'
import type { Message } from '../../protocol/opcodes.ts'
import type { Epoch, JournalEntry, JournalRecord } from '../../protocol/record.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Journal } from '../../replica/store/journal/journal.ts'
import { loggedOperation } from '../../replica/store/logged-operations.ts'
import type { StatedTree } from '../../replica/store/stated/stated-tree.ts'
import type { OpenBody } from '../../replica/store/store.ts'
import { Meeting, type MeetingPoint } from './meeting.ts'
import { RecordSender } from './record-sender.ts'
import { Restating } from './restating.ts'
import { Supplies } from './supplies.ts'

export interface FollowerEvents {
  /** The replica was stated what paths are, and has taken it. */
  onStated(): void
  /** The replica follows: its position from its first SETTLED. */
  onFollowing(settled: Settled): void
  onSettled(settled: Settled): void
  /**
   * The stream ended, and not by `stop`: what the replica refused with (FENCED, CONFLICT "forked at seq n", ROLLED_BACK,
   * NO_SPACE, …), UNREACHABLE, IO_ERROR of the own journal, CHANGED when that dropped records which were sent.
   * Once, last; also from within `recordsAppended`.
   */
  onEnded(error: ConcurError): void
}

export interface FollowerOptions {
  readonly connection: Pick<Connection, 'request'>
  readonly name: NodeName
  /** The coordinator's own. */
  readonly journal: Pick<Journal, 'at' | 'readAfter' | 'last' | 'begin'>
  /** States what paths are, to a replica that was away for too long. */
  readonly stateTree: () => StatedTree
  /** Records that every node keeps at least. */
  readonly journalKeep: number
  /** Milliseconds for which every node keeps history; null: for ever. */
  readonly historyMs: number | null
  readonly epoch: Epoch
  /** What the coordinator knows to be committed. */
  readonly committedSeq: () => number
  /**
   * Opens the whole result of a record; for a delete, its list.
   * @throws ConcurError NOT_FOUND when nobody has it any more.
   */
  readonly openContent: (entry: JournalEntry) => Promise<OpenBody>
  readonly events: FollowerEvents
}

export class Follower {
  private readonly options: FollowerOptions
  private readonly supplies: Supplies
  private meeting: Meeting | null = null
  private restating: Restating | null = null
  private stream: Stream | null = null
  private sender: RecordSender | null = null
  private position: { journaledSeq: number; settledSeq: number } | null = null
  private isOver = false
  private replicaKnowsMore = false
  /** The highest seq that the replica was told to be committed, and that it should be told. */
  private committedTold = 0
  private committedKnown = 0

  constructor(options: FollowerOptions) {
    const { connection, journal, openContent } = options
    this.options = options
    this.supplies = new Supplies({
      connection,
      journal,
      openContent,
      onLost: (seq, reason) => this.stream?.send('LOST', { seq, reason }),
      onFailed: error => this.end(error),
    })
  }

  /** The last record that was sent, or that the replica had when it began to follow. */
  get sentSeq(): number {
    return this.sender?.sentSeq ?? 0
  }

  /** Whether the replica knows commits that this journal lacks. */
  get isBehindReplica(): boolean {
    return this.replicaKnowsMore
  }

  /** As last told; 0 before the first time. */
  get journaledSeq(): number {
    return this.position?.journaledSeq ?? 0
  }

  get settledSeq(): number {
    return this.position?.settledSeq ?? 0
  }

  start(): void {
    this.begin().catch(error => this.end(asConcurError(error)))
  }

  /** Where the journal does not go back to what the replica has, it is stated what paths are, and it goes on from there. */
  private async begin(): Promise<void> {
    const { connection, epoch, committedSeq, stateTree } = this.options
    let point = await this.meet()
    if (point === null && !this.isOver) {
      this.restating = new Restating({ connection, epoch, committedSeq: committedSeq(), tree: stateTree() })
      await this.restating.run()
      if (this.isOver) return
      this.options.events.onStated()
      point = await this.meet()
    }
    if (this.isOver) return
    if (point === null) throw new ConcurError('CHANGED', 'its journal begins elsewhere than was said')
    this.follow(point)
  }

  private meet(): Promise<MeetingPoint | null> {
    const { connection, journal, committedSeq } = this.options
    this.meeting = new Meeting({ connection, journal })
    return this.meeting.find(committedSeq)
  }

  /** The journal has more: it leaves in this turn, as far as the replica takes it. */
  recordsAppended(): void {
    if (this.position !== null && !this.isOver) this.sender?.send()
  }

  /** Everything up to `seq` is committed. Told at the end of what runs now, unless a record tells it. */
  commit(seq: number): void {
    this.committedKnown = Math.max(this.committedKnown, seq)
    if (this.committedKnown > this.committedTold) queueMicrotask(() => this.tellCommitted())
  }

  /** Follows no more; no event comes after this. */
  stop(): void {
    this.isOver = true
    this.meeting?.stop()
    this.restating?.stop()
    this.stream?.cancel()
    this.supplies.stop()
  }

  private follow({ after, isFork, knowsMore }: MeetingPoint): void {
    if (this.isOver) return
    this.replicaKnowsMore = knowsMore
    const { connection, journal, epoch, journalKeep, historyMs } = this.options
    const committedSeq = this.options.committedSeq()
    if (isFork && !hasChanges(journal, after.seq)) throw rolledBack(after.seq)
    const stream = connection.request(
      'FOLLOW',
      { epoch, afterSeq: after.seq, afterHash: after.hash, committedSeq, isFork, journalKeep, historyMs },
      { onMessage: message => this.onMessage(message), onFailed: error => this.end(error) },
      true,
    )
    this.stream = stream
    this.onCommittedTold(committedSeq)
    this.sender = new RecordSender({
      stream,
      journal,
      after,
      onCarried: carriedSeq => this.onCommittedTold(carriedSeq),
      onFailed: error => this.end(asConcurError(error)),
    })
    this.tellCommitted()
  }

  /** @throws ConcurError BAD_FRAME for what no replica that follows may say. */
  private onMessage(message: Message): void {
    if (this.isOver || message.opcode === 'PROGRESS') return
    if (message.opcode === 'SETTLED') return this.onSettled(message.body)
    if (message.opcode === 'NEED_STATED' && this.position !== null)
      return this.supplies.needStated(message.body)
    if (message.opcode !== 'NEED' || this.position === null)
      throw new ConcurError('BAD_FRAME', `${message.opcode} in answer to FOLLOW`)
    this.assertSent(message.body.seq)
    this.supplies.need(message.body.seq)
  }

  private onSettled(settled: Settled): void {
    const { journaledSeq, settledSeq } = settled
    this.assertSent(Math.max(journaledSeq, settledSeq))
    const isFirst = this.position === null
    this.position = { journaledSeq, settledSeq }
    if (!isFirst) return this.options.events.onSettled(settled)
    this.options.events.onFollowing(settled)
    this.recordsAppended()
  }

  private assertSent(seq: number): void {
    if (seq > this.sentSeq)
      throw new ConcurError('BAD_FRAME', `${this.options.name} speaks of record ${seq} before it was sent`)
  }

  private onCommittedTold(seq: number): void {
    this.committedTold = Math.max(this.committedTold, seq)
  }

  private tellCommitted(): void {
    if (this.stream === null || this.isOver || this.committedKnown <= this.committedTold) return
    this.onCommittedTold(this.committedKnown)
    this.stream.send('COMMITTED', { seq: this.committedKnown })
  }

  private end(error: ConcurError): void {
    if (this.isOver) return
    this.stop()
    this.options.events.onEnded(error)
  }
}

/** Whether clients changed anything behind the record. */
function hasChanges(journal: Pick<Journal, 'readAfter' | 'last'>, afterSeq: number): boolean {
  for (let at = afterSeq; at < journal.last.seq; ) {
    const entries = journal.readAfter(at, recordsBytesAim)
    if (entries.some(({ record }) => isOfClient(record))) return true
    at = entries.at(-1)!.record.seq
  }
  return false
}

/** Time ends locks by itself. */
function isOfClient(record: JournalRecord): boolean {
  const { change } = record
  const isExpiry = change.type === 'unlock' && change.how === 'expired'
  return !isExpiry && loggedOperation(record) !== null
}

/** The coordinator's folder was put back from a copy, and nothing was changed through it since. */
function rolledBack(commonSeq: number): ConcurError {
  return new ConcurError('ROLLED_BACK', `it knows of changes behind seq ${commonSeq} that this journal lacks`)
}
