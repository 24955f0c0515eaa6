/**
 * Whom this replica follows: one coordinator, on one stream. Decides whether a FOLLOW may be taken, drops what was
 * never committed, and remembers across links what was promised, what is committed and what is still to be told.
 * Clause: protocol/README.md "FOLLOW".
 */
import type { Follow, Outcome } from '../protocol/change-messages.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { BodyOf, Message } from '../protocol/opcodes.ts'
import type { ProgressReports } from '../protocol/progress-reports.ts'
import type { Epoch } from '../protocol/record.ts'
import type { Stream } from '../protocol/stream.ts'
import type { Timers } from '../protocol/world.ts'
import { fencedBecause } from './fenced-because.ts'
import { FollowedRecords, stagesOf } from './followed-records.ts'
import { Needs } from './needs.ts'
import { takeStated } from './restated.ts'
import { Stagings } from './staging.ts'
import type { FiledFork } from './store/fork/filing.ts'
import type { Store } from './store/store.ts'
import { diskRefusal } from './store/trouble.ts'

/** Records whose outcomes are kept while there is nobody to tell. */
const outcomesMax = 10_000
const readBytes = 1024 * 1024

interface Link {
  readonly stream: Stream
  /** None until the stream was taken. */
  records: FollowedRecords | null
  /** What came before that. */
  early: { message: Message; bodyBytes: number }[]
}

export class Following {
  readonly stagings: Stagings
  readonly needs: Needs
  private readonly store: Store
  private readonly timers: Timers
  private readonly onForkFiled: (fork: FiledFork) => void
  private readonly stopListening: readonly (() => void)[]
  private outcomes: Outcome[]
  private committed: number
  private current: Link | null = null
  /** What was followed last, also when its link is gone: what it brought may not be durable yet. */
  private latest: FollowedRecords | null = null
  /** One FOLLOW is looked at after the other. */
  private beginnings: Promise<void> = Promise.resolve()

  /** `onForkFiled`: records that this node had settled were taken back. */
  constructor(options: { store: Store; timers: Timers; onForkFiled: (fork: FiledFork) => void }) {
    const { store } = options
    this.onForkFiled = options.onForkFiled
    this.store = store
    this.timers = options.timers
    this.stagings = new Stagings(store)
    this.needs = new Needs()
    this.outcomes = [...store.recovered]
    this.committed = Math.min(store.journal.last.seq, store.journal.last.committedSeq)
    this.stopListening = [
      store.settler.listen({
        onSettled: (seq, outcomes) => this.onSettled(seq, outcomes),
        onTrouble: error => this.fail(this.current, error),
      }),
      store.fence.listen(() => this.endCurrent(fencedBecause(store)!)),
    ]
  }

  /** The highest seq that this node has and knows to be committed. */
  get committedSeq(): number {
    return Math.max(this.committed, this.store.settler.settledSeq)
  }

  onFollow(follow: Follow, stream: Stream): void {
    const link: Link = { stream, records: null, early: [] }
    stream.listen({
      onMessage: (message, _fin, bodyBytes) => {
        if (link.records === null) link.early.push({ message, bodyBytes })
        else link.records.hear(message, bodyBytes)
      },
      onFailed: () => this.leave(link),
    })
    this.beginnings = this.beginnings.then(async () => {
      try {
        if (!stream.ended) await this.begin(follow, link)
      } catch (error) {
        stream.fail(diskRefusal(error))
      }
    })
  }

  /** This node's position is none any more from which the coordinator's journal goes on. */
  onRestate(
    restate: BodyOf<'RESTATE'>,
    { stream, reports }: { stream: Stream; reports: ProgressReports },
  ): void {
    const report = reports.begin(stream)
    this.beginnings = this.beginnings.then(async () => {
      try {
        if (!stream.ended) await this.restate(restate, stream)
      } catch (error) {
        stream.fail(diskRefusal(error))
      } finally {
        report.end()
      }
    })
  }

  close(): void {
    for (const stop of this.stopListening) stop()
    this.endCurrent(new ConcurError('UNREACHABLE', 'the replica stops'))
  }

  private async begin(follow: Follow, link: Link): Promise<void> {
    const { afterSeq, committedSeq, isFork } = follow
    const { journal, settler } = this.store
    this.assertMayFollow(follow)
    this.endCurrent(superseded(follow.epoch))
    this.latest?.replace()
    if (isFork && this.committedSeq > afterSeq) await this.fileFork(afterSeq)
    else await this.dropAfter(afterSeq)
    if (journal.last.seq !== afterSeq)
      throw new ConcurError('IO_ERROR', `record ${afterSeq} did not become durable`)
    const refusal = fencedBecause(this.store)
    if (refusal !== null) throw refusal
    if (link.stream.ended) return
    this.current = link
    const { stream } = link
    link.records = new FollowedRecords(
      {
        ...{ stream, store: this.store, stagings: this.stagings, timers: this.timers },
        takeOutcomes: () => this.outcomes.splice(0),
        commit: seq => this.commit(seq),
        fail: error => this.fail(link, error),
        onLost: (seq, reason) => this.needs.give(seq, { is: 'lost', reason }),
      },
      committedSeq,
    )
    this.latest = link.records
    this.needs.begin((seq, stated) => {
      if (stated === null) stream.send('NEED', { seq })
      else stream.send('NEED_STATED', stated)
    })
    this.store.setJournalKeep({ records: follow.journalKeep, neededAfter: () => Number.POSITIVE_INFINITY })
    this.store.history.setKeep({ keepMs: follow.historyMs, neededAfter: () => Number.POSITIVE_INFINITY })
    this.store.setContentSource(this.needs)
    if (settler.trouble !== null) settler.retry()
    for (const { message, bodyBytes } of link.early.splice(0)) link.records.hear(message, bodyBytes)
  }

  private async restate({ epoch, committedSeq }: BodyOf<'RESTATE'>, stream: Stream): Promise<void> {
    const { store } = this
    this.assertMayHear(epoch)
    if (this.committedSeq > committedSeq) throw this.rolledBack(committedSeq)
    this.endCurrent(superseded(epoch))
    this.latest?.replace()
    const { seq, hash } = await takeStated(stream, store)
    this.committed = seq
    const { begin } = store.journal
    stream.send(
      'JOURNAL_IS',
      {
        ...{ epoch: store.epoch, beginSeq: begin.seq, settledSeq: store.settler.settledSeq },
        ...{ lastSeq: seq, committedSeq: seq, hash },
      },
      true,
    )
  }

  /** @throws ConcurError READ_ONLY, FENCED; DiskError when the promise cannot be kept. */
  private assertMayHear(epoch: Epoch): void {
    const { store } = this
    const refusal = fencedBecause(store)
    if (refusal !== null) throw refusal
    const known = store.epoch
    if (known !== null && !follows(known, epoch))
      throw new ConcurError('FENCED', `epoch ${known.number} has begun: this is a coordinator of before`)
    store.setPromised(epoch)
  }

  private rolledBack(coordinatorSeq: number): ConcurError {
    return new ConcurError(
      'ROLLED_BACK',
      `records up to ${this.committedSeq} are committed, the coordinator's journal ends at ${coordinatorSeq}`,
    )
  }

  /** @throws ConcurError READ_ONLY, FENCED, CONFLICT, ROLLED_BACK; DiskError when the promise cannot be kept. */
  private assertMayFollow({ epoch, afterSeq, afterHash, isFork }: Follow): void {
    const { store } = this
    this.assertMayHear(epoch)
    const { begin } = store.journal
    const hash = afterSeq === begin.seq ? begin.hash : (store.journal.at(afterSeq)?.hash ?? null)
    if (hash !== afterHash) throw new ConcurError('CONFLICT', `forked at seq ${afterSeq}`)
    if (this.committedSeq > afterSeq && !isFork) throw this.rolledBack(afterSeq)
  }

  /** What lies behind was committed, and the coordinator has other records there. */
  private async fileFork(commonSeq: number): Promise<void> {
    const { store } = this
    await this.dropAfter(Math.min(this.committedSeq, store.journal.last.seq))
    const filed = await store.fileFork(commonSeq)
    this.committed = commonSeq
    this.outcomes = []
    this.onForkFiled(filed)
  }

  /** What lies behind was never committed; its bytes go too. */
  private async dropAfter(afterSeq: number): Promise<void> {
    const { journal, stages } = this.store
    const dropped = new Set<string>()
    for (let at = afterSeq; at < journal.last.seq; ) {
      const entries = journal.readAfter(at, readBytes)
      for (const stage of stagesOf(entries)) dropped.add(stage)
      at = entries.at(-1)!.record.seq
    }
    await journal.truncateAfter(afterSeq)
    for (const stage of dropped) stages.remove(stage)
  }

  private commit(seq: number): void {
    this.committed = Math.max(this.committed, seq)
    this.store.settler.commit(seq)
  }

  private onSettled(settledSeq: number, outcomes: readonly Outcome[]): void {
    this.needs.settled(settledSeq)
    for (const outcome of outcomes) if (this.outcomes.length < outcomesMax) this.outcomes.push(outcome)
    this.current?.records?.tell()
  }

  private endCurrent(error: ConcurError): void {
    this.current?.records?.replace()
    this.fail(this.current, error)
  }

  private fail(link: Link | null, error: ConcurError): void {
    if (link === null) return
    link.stream.fail(error)
    this.leave(link)
  }

  /** The link is gone, or its stream. What is known to be committed is settled all the same. */
  private leave(link: Link): void {
    if (this.current !== link) return
    this.current = null
    this.store.setContentSource(null)
    this.needs.end()
  }
}

/** What a link is told that was followed so far. */
function superseded({ number }: Epoch): ConcurError {
  return new ConcurError('FENCED', `another link, of a coordinator of epoch ${number}, is followed now`)
}

/** Whether somebody who has promised one epoch may follow another. */
function follows(promised: Epoch, epoch: Epoch): boolean {
  if (promised.number === epoch.number) return promised.incarnation === epoch.incarnation
  return epoch.number > promised.number
}
