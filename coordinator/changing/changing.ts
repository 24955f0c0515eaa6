/**
 * Everything that takes changes, put together: the ledger with the store behind it, a seat for each replica, the turns and
 * the results. Says what the rest of the coordinator asks: whether changes are taken, how far every node is, what a read has
 * to wait for.
 */

import type { Connection } from '../../protocol/connection.ts'
import { asConcurError, type ConcurError } from '../../protocol/errors.ts'
import type { Incarnation, NodeId, NodeName, StageId } from '../../protocol/ids.ts'
import type { Lag } from '../../protocol/journaled.ts'
import { resultsKeptMax } from '../../protocol/limits.ts'
import type { Hello } from '../../protocol/messages.ts'
import type { PathPast } from '../../protocol/notes.ts'
import type { FilePath } from '../../protocol/path.ts'
import { randomId } from '../../protocol/random-id.ts'
import type { Cancel, Clock, Random, Timers } from '../../protocol/world.ts'
import type { Log } from '../../replica/program/log.ts'
import type { Store } from '../../replica/store/store.ts'
import type { CoordinatorConfig } from '../config.ts'
import { ContentsAtOnce } from '../following/contents-at-once.ts'
import { FetchedContents } from '../following/fetched-contents.ts'
import { Leases } from '../locks/leases.ts'
import { Locks } from '../locks/locks.ts'
import type { ChangeDesk } from '../on-change.ts'
import type { LockDesk } from '../on-lock.ts'
import { Ledger } from '../ordering/ledger.ts'
import { type Past, readPast } from '../ordering/past.ts'
import { tooFewFor } from '../ordering/policy.ts'
import { Results } from '../ordering/results.ts'
import { Turns } from '../ordering/turns.ts'
import type { ReplicaLink } from '../replica-link.ts'
import { Seat } from '../seat.ts'
import { termToBegin } from '../term.ts'
import { troubleOf } from '../trouble-text.ts'
import { Answers } from './answers.ts'
import type { Cluster, Ordered } from './change-work.ts'
import { Incoming } from './incoming.ts'
import type { Member } from './member.ts'
import { Refusals } from './refusals.ts'
import { TermStart } from './term-start.ts'

const watchEveryMs = 1_000

export interface ChangingOptions {
  readonly config: CoordinatorConfig
  readonly store: Store
  /** The coordinator's own node first, then the replicas in their order. */
  readonly members: readonly Member[]
  readonly links: readonly ReplicaLink[]
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
}

export class Changing {
  readonly ledger: Ledger
  readonly seats: readonly Seat[]
  readonly desk: ChangeDesk
  readonly lockDesk: LockDesk
  readonly locks: Locks
  private readonly leases: Leases
  readonly answers: Answers
  private readonly results: Results
  private readonly options: ChangingOptions
  private readonly termStart: TermStart
  private readonly refusals: Refusals
  private readonly waiters = new Set<() => void>()
  private callOffWatch: Cancel = () => {}
  private stopListening: () => void = () => {}

  constructor(options: ChangingOptions) {
    const { config, store, clock } = options
    this.options = options
    const { journal, settler } = store
    this.ledger = new Ledger({
      ...{ journal, clock, self: config.name, settledSeq: settler.settledSeq },
      events: {
        onAppended: () => this.eachSeat(seat => seat.recordsAppended()),
        onCommitted: seq => {
          // What the others are told leaves before this node installs anything itself.
          this.eachSeat(seat => seat.commit(seq))
          settler.commit(seq)
          this.wake()
        },
        onBegun: () => {
          const { epoch, termBeginsAt } = this.ledger
          options.log.info({ epoch: epoch!.number, seq: termBeginsAt }, 'term')
          this.eachSeat(seat => seat.begin())
          this.leases.begin()
        },
        onTakenBack: error => {
          if (this.ledger.epoch === null && !this.termStart.takenBack(error)) this.refusals.stop(error)
          this.eachSeat(seat => seat.startAnew())
        },
      },
    })
    this.termStart = new TermStart({
      ...options,
      ledger: this.ledger,
      members: () => this.membersKnown(),
    })
    this.refusals = new Refusals({ ...options, ledger: this.ledger, termStart: this.termStart })
    store.setJournalKeep({ records: config.journalKeep, neededAfter: () => this.neededAfter })
    store.history.setKeep({ keepMs: config.historyMs, neededAfter: () => this.neededAfter })
    const past = readPast(journal, resultsKeptMax, settler.settledSeq)
    for (const [name, nodeId] of past.nodeIds) this.noteNodeId(name, nodeId)
    this.seats = config.replicas.map(
      ({ name }, at) =>
        new Seat({
          ...options,
          ...{ name, ledger: this.ledger, nodeId: past.nodeIds.get(name) ?? store.nodeIds.get(name) ?? null },
          acknowledgedSeq: past.acknowledged.get(name) ?? 0,
          mayReplace: config.replace.includes(name),
          journalKeep: config.journalKeep,
          historyMs: config.historyMs,
          onSuperseded: error => this.refusals.stop(error),
          onMembership: () => options.links[at]!.logState(),
          onStated: () => this.leases.carryBeyond(journal.last.seq),
          onHeard: () => this.wake(),
          onNodeId: nodeId => this.noteNodeId(name, nodeId),
        }),
    )
    this.answers = new Answers({ ...options, ledger: this.ledger, seats: this.seats })
    const results = new Results({
      keptMax: resultsKeptMax,
      forgottenSeq: past.operationsAfterSeq,
      releasedSeq: () => journal.begin.seq,
      answerOf: seq => this.answers.answerOfJournaled(seq),
    })
    this.results = results
    this.leases = this.leasesOf(options)
    this.locks = new Locks({ leases: this.leases, log: options.log })
    this.remember(past)
    const answerOf = (ordered: Pick<Ordered, 'awaited' | 'change'>) => this.answers.answerOf(ordered)
    const cluster = this.cluster()
    this.desk = {
      cluster,
      sources: {
        nodes: options.members,
        newIncoming: () => cluster.newIncoming(),
        seqOf: (path, digest) => store.past.seqOf(path, digest),
      },
      turns: new Turns(),
      results,
      answerOf,
    }
    this.lockDesk = { cluster, leases: this.leases, locks: this.locks, results, answerOf }
  }

  /** Begins the coordinator's term, once the replicas in reach were heard. */
  async begin(): Promise<void> {
    const { store, config, random } = this.options
    if (this.seats.length > 0) this.watch()
    try {
      if (store.fence.reason !== null) return
      const contents = new FetchedContents({ store, nodes: this.options.members.slice(1) })
      const termBeginsAt = () => this.ledger.termBeginsAt
      store.setContentSource(new ContentsAtOnce({ contents, termBeginsAt }))
      const number = await termToBegin({
        ...this.options,
        acceptJournal: config.acceptJournal,
      })
      this.stopListening = store.settler.listen({
        onSettled: (settledSeq, outcomes) => {
          this.refusals.settled()
          this.ledger.settledHere(settledSeq, outcomes)
          this.wake()
        },
        onTrouble: error => this.refusals.meet(error),
      })
      if (config.acceptJournal !== null) this.restart()
      this.termStart.begin({ number, incarnation: randomId(random) as Incarnation })
    } catch (error) {
      this.refusals.stop(asConcurError(error))
    }
  }

  /** No node that is told records now needs any up to here. */
  private get neededAfter(): number {
    return Math.min(...this.seats.map(seat => seat.neededAfter))
  }

  /** The journal says it too, and the next start tries again. */
  private noteNodeId(name: NodeName, nodeId: NodeId): void {
    try {
      this.options.store.noteNodeId(name, nodeId)
    } catch (error) {
      this.options.log.warn({ replica: name, reason: asConcurError(error).message }, 'node id not noted')
    }
  }

  /** The journal is another one now. */
  private restart(): void {
    const { journal, settler } = this.options.store
    const past = readPast(journal, resultsKeptMax)
    for (const [name, nodeId] of past.nodeIds) this.noteNodeId(name, nodeId)
    this.ledger.restart(settler.settledSeq)
    this.results.restart(past.operationsAfterSeq)
    this.remember(past)
    this.eachSeat(seat =>
      seat.restart(past.acknowledged.get(seat.name) ?? 0, past.nodeIds.get(seat.name) ?? null),
    )
  }

  close(): void {
    this.callOffWatch()
    this.termStart.close()
    this.leases.close()
    this.stopListening()
    for (const seat of this.seats) seat.close()
    this.wake()
  }

  linkUp(name: NodeName, connection: Connection, hello: Hello): void {
    this.seatOf(name).up(connection, hello)
  }

  linkDown(name: NodeName, reason: string): void {
    this.seatOf(name).down(reason)
  }

  /** Why changes do not wait for a replica, where that is known. */
  troubleOf(name: NodeName): string | null {
    const { fenced, trouble } = this.seatOf(name)
    return fenced ?? trouble
  }

  /** Why no changes are taken now, or null. */
  refusal(): ConcurError | null {
    return this.refusals.ofAll()
  }

  /** Why changes that need room are not taken now, or null. */
  shortage(): ConcurError | null {
    return this.refusals.ofGrowth()
  }

  /** Which record of the path a read has to wait for at this node; none: it answers at once. */
  settledSeqFor(node: NodeName, path: FilePath): number | undefined {
    if (!this.ledger.isInSync(node)) return undefined
    const seq = this.options.store.settler.lastSeqOf(path)
    return seq === 0 ? undefined : seq
  }

  /** What the coordinator's own journal knows of the path's past. */
  pastOf(path: FilePath): PathPast {
    return this.options.store.pastOf(path)
  }

  /** The nodes that are catching up. */
  lags(): Map<NodeName, Lag> {
    const lags = new Map<NodeName, Lag>()
    const { config, clock } = this.options
    for (const seat of this.seats) {
      const { settled } = seat
      if (settled === null) continue
      const behindOps = Math.max(0, this.ledger.committedSeq - settled.settledSeq)
      const isMoving = clock.monotonicMs() - seat.movedAtMs <= config.heartbeatTimeoutMs && seat.isFollowing
      if (behindOps > 0) lags.set(seat.name, { behindOps, isMoving })
    }
    return lags
  }

  /** The record up to which every node that is told them has settled all there are; null: some has not yet. */
  restingSeq(): number | null {
    const { journal, settler } = this.options.store
    const { seq } = journal.last
    const isSettled = settler.settledSeq >= seq && !this.seats.some(seat => seat.isStillToSettle(seq))
    return isSettled ? seq : null
  }

  /** `onNews` is called whenever a node has got on. @returns how to be told no more. */
  listen(onNews: () => void): () => void {
    this.waiters.add(onNews)
    return () => void this.waiters.delete(onNews)
  }

  private remember({ operations, operationsAfterSeq, locks }: Past): void {
    for (const { operation, seq } of operations) this.results.add(operation, seq)
    this.leases.restart(operationsAfterSeq, locks)
  }

  private leasesOf({ config, store, clock, timers, log, members }: ChangingOptions): Leases {
    return new Leases({
      ...{ ledger: this.ledger, journalKeep: config.journalKeep, clock, timers, log },
      lastSeq: () => store.journal.last.seq,
      refusal: () => this.refusal(),
      tooFew: inSync => tooFewFor(config.ack, inSync, members.length),
    })
  }

  private membersKnown(): { name: NodeName; nodeId: NodeId | null }[] {
    const { config, store } = this.options
    const replicas = this.seats.map(({ name, knownNodeId }) => ({ name, nodeId: knownNodeId }))
    return [{ name: config.name, nodeId: store.nodeId }, ...replicas]
  }

  private seatOf(name: NodeName): Seat {
    return this.seats.find(seat => seat.name === name)!
  }

  private eachSeat(tell: (seat: Seat) => void): void {
    for (const seat of this.seats) tell(seat)
  }

  private wake(): void {
    for (const onNews of [...this.waiters]) onNews()
  }

  private watch(): void {
    this.callOffWatch = this.options.timers.after(watchEveryMs, () => {
      for (const [at, seat] of this.seats.entries()) seat.watch(this.options.links[at]!.silentForMs)
      this.watch()
    })
  }

  private loseSilent(): void {
    for (const [at, seat] of this.seats.entries()) {
      const { silentForMs } = this.options.links[at]!
      if (silentForMs !== null) seat.loseSilent(silentForMs)
    }
  }

  private cluster(): Cluster {
    const { config, store, members, random, log } = this.options
    const [self, ...replicas] = members
    const others = () => replicas.filter(({ name }) => this.ledger.isInSync(name))
    const lose = ({ name }: Member, error: ConcurError): void => {
      const reason = troubleOf(name, error)
      log.warn({ replica: name, code: error.code, reason }, 'left a change')
      this.seatOf(name).lose(reason)
    }
    return {
      ...{
        store,
        ledger: this.ledger,
        locks: this.locks,
        nodesConfigured: members.length,
        ack: config.ack,
        self: self!,
        others,
        lose,
      },
      loseSilent: () => this.loseSilent(),
      refusal: () => this.refusal(),
      newIncoming: () =>
        new Incoming({ self: self!, others, onLost: lose, newStageId: () => randomId(random) as StageId }),
    }
  }
}
