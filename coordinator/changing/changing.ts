/**
 * Everything that takes changes, put together: the ledger with the store behind it, a seat for each replica, the turns and
 * the results. Says what the rest of the coordinator asks: whether changes are taken, how far every node is, what a read has
 * to wait for.
 */

import type { Done } from '../../protocol/change-messages.ts'
import type { Connection } from '../../protocol/connection.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { Incarnation, NodeName, StageId } from '../../protocol/ids.ts'
import type { Lag } from '../../protocol/journaled.ts'
import { resultsKeptMax } from '../../protocol/limits.ts'
import type { Detail, Hello } from '../../protocol/messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import { randomId } from '../../protocol/random-id.ts'
import type { Cancel, Clock, Random, Timers } from '../../protocol/world.ts'
import type { Log } from '../../replica/program/log.ts'
import type { Store } from '../../replica/store/store.ts'
import type { CoordinatorConfig } from '../config.ts'
import { acceptJournal } from '../following/accepting.ts'
import { FetchedContents } from '../following/fetched-contents.ts'
import type { ChangeDesk } from '../on-change.ts'
import { Ledger } from '../ordering/ledger.ts'
import { readPast } from '../ordering/past.ts'
import { Results } from '../ordering/results.ts'
import { Turns } from '../ordering/turns.ts'
import type { ReplicaLink } from '../replica-link.ts'
import { Seat } from '../seat.ts'
import { askJournal, type Heard, nextEpochNumber } from '../term.ts'
import { doneOf } from './answer.ts'
import type { Cluster, Ordered } from './change-work.ts'
import { Incoming } from './incoming.ts'
import type { Member } from './member.ts'

const watchEveryMs = 1_000
/** Milliseconds after which a client is told that its change is on its way, and no more. */
const answerWithinMs = 30_000

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
  private readonly options: ChangingOptions
  /** Why no changes are taken, for good. */
  private stopped: ConcurError | null = null
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
          settler.commit(seq)
          this.eachSeat(seat => seat.commit(seq))
          this.wake()
        },
        onTakenBack: () => this.eachSeat(seat => seat.startAnew()),
      },
    })
    const past = readPast(journal, resultsKeptMax)
    this.seats = config.replicas.map(
      ({ name }) =>
        new Seat({
          ...options,
          ...{ name, ledger: this.ledger, nodeId: past.nodeIds.get(name) ?? null },
          mayReplace: config.replace.includes(name),
          onSuperseded: error => this.stop(error),
          onHeard: () => this.wake(),
        }),
    )
    const results = new Results({
      keptMax: resultsKeptMax,
      forgottenSeq: past.operationsAfterSeq,
      answerOf: seq => this.answerOfJournaled(seq),
    })
    for (const { operation, seq } of past.operations) results.add(operation, seq)
    this.desk = {
      cluster: this.cluster(),
      turns: new Turns(),
      results,
      answerOf: ordered => this.answerOf(ordered),
    }
  }

  /** Begins the coordinator's term, once the replicas in reach were heard. */
  async begin(): Promise<void> {
    const { store, config, links, log, random } = this.options
    this.watch()
    try {
      if (store.fence.reason !== null) return
      store.setContentSource(new FetchedContents({ store, nodes: this.options.members.slice(1) }))
      if (config.acceptJournal !== null) await this.accept(config.acceptJournal)
      const { epoch, seq } = store.journal.last
      if (seq === 0) this.assertNotForgotten()
      const heard = await this.hearAll(links, seq)
      const number = nextEpochNumber({ epoch, lastSeq: seq }, heard)
      this.stopListening = store.settler.listen({
        onSettled: (settledSeq, outcomes) => {
          this.ledger.settledHere(settledSeq, outcomes)
          this.wake()
        },
        onTrouble: error => log.error({ err: error }, 'store'),
      })
      const known = this.seats.map(({ name, knownNodeId }) => ({ name, nodeId: knownNodeId }))
      const incarnation = randomId(random) as Incarnation
      this.ledger.begin({ number, incarnation }, [{ name: config.name, nodeId: store.nodeId }, ...known])
      log.info({ epoch: number, seq: store.journal.last.seq }, 'term')
      for (const seat of this.seats) seat.begin()
    } catch (error) {
      this.stop(asConcurError(error))
    }
  }

  close(): void {
    this.callOffWatch()
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

  /** Why no changes are taken now, or null. */
  refusal(): ConcurError | null {
    const { store } = this.options
    if (this.stopped !== null) return this.stopped
    const { reason } = store.fence
    if (reason !== null) return new ConcurError('READ_ONLY', `the coordinator takes no changes: ${reason}`)
    if (this.ledger.epoch === null) return new ConcurError('READ_ONLY', 'the coordinator has not begun')
    return store.settler.trouble
  }

  /** Which record of the path a read has to wait for at this node; none: it answers at once. */
  settledSeqFor(node: NodeName, path: FilePath): number | undefined {
    if (!this.ledger.isInSync(node)) return undefined
    const seq = this.options.store.settler.lastSeqOf(path)
    return seq === 0 ? undefined : seq
  }

  /** The nodes that are catching up. */
  lags(): Map<NodeName, Lag> {
    const lags = new Map<NodeName, Lag>()
    const { config, clock } = this.options
    for (const seat of this.seats) {
      const { settled } = seat
      if (settled === null) continue
      const behindOps = Math.max(0, this.ledger.committedSeq - settled.settledSeq)
      const isMoving =
        clock.monotonicMs() - seat.progressAtMs <= config.heartbeatTimeoutMs && seat.isFollowing
      if (behindOps > 0) lags.set(seat.name, { behindOps, isMoving })
    }
    return lags
  }

  /** Every configured replica that has not settled the record, and why. */
  behind(seq: number): Detail[] {
    return this.nodeStates(seq)
      .filter(({ hasSettled }) => !hasSettled)
      .map(({ node, reason, behindOps }) => ({ node, reason, behindOps }))
  }

  /** `onNews` is called whenever a node has got on. @returns how to be told no more. */
  listen(onNews: () => void): () => void {
    this.waiters.add(onNews)
    return () => void this.waiters.delete(onNews)
  }

  /** @throws ConcurError ROLLED_BACK when this node is new, and a replica is not: the own folder was lost. */
  private assertNotForgotten(): void {
    const knowing = this.options.links.find(({ refusedWith }) => refusedWith === 'WRONG_CLUSTER')
    if (knowing === undefined) return
    const { name } = knowing
    throw new ConcurError(
      'ROLLED_BACK',
      `${name} belongs to a cluster already, and this folder is new: start once with --accept-journal ${name} to go on from there`,
    )
  }

  /** @throws ConcurError: the journal is not taken over, or only in part; a start with the same option goes on. */
  private async accept(node: NodeName): Promise<void> {
    const { store, links, log } = this.options
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

  private async hearAll(links: readonly ReplicaLink[], seq: number): Promise<Heard[]> {
    const answers = await Promise.all(
      links.map(async ({ name, connection }) => {
        const journal = connection === null ? null : await askJournal(connection, seq)
        return journal === null ? null : { node: name, journal }
      }),
    )
    return answers.filter(answer => answer !== null)
  }

  private stop(error: ConcurError): void {
    if (this.stopped !== null) return
    this.stopped = new ConcurError(error.code, `the coordinator takes no changes: ${error.message}`)
    this.options.log.error({ code: error.code, reason: error.message }, 'refuses changes')
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
      this.eachSeat(seat => seat.watch())
      this.watch()
    })
  }

  private cluster(): Cluster {
    const { config, store, members, random, log } = this.options
    const [self, ...replicas] = members
    const others = () => replicas.filter(({ name }) => this.ledger.isInSync(name))
    const lose = ({ name }: Member, error: ConcurError): void => {
      log.warn({ replica: name, code: error.code, reason: error.message }, 'left a change')
      this.seatOf(name).lose(error.message)
    }
    return {
      ...{
        store,
        ledger: this.ledger,
        nodesConfigured: members.length,
        ack: config.ack,
        self: self!,
        others,
        lose,
      },
      refusal: () => this.refusal(),
      newIncoming: () =>
        new Incoming({ self: self!, others, onLost: lose, newStageId: () => randomId(random) as StageId }),
    }
  }

  /** @throws ConcurError when it was abandoned, or could not be written: nothing was changed. */
  private async answerOf({ awaited, change }: Ordered): Promise<Done> {
    const { seq, outcomes } = awaited
    const error = await this.endOf(awaited)
    const nodes = this.nodeStates(seq)
    const done = doneOf({ change, epoch: this.ledger.epoch!.number, seq, nodes, outcomes, error })
    return error === null || awaited.isCommitted ? done : { ...done, outcome: 'unknown' }
  }

  /** @returns null when it is over, TIMEOUT when it is not, or may not be. */
  private async endOf({ done, seq }: Ordered['awaited']): Promise<ConcurError | null> {
    let callOff: Cancel = () => {}
    const late = new Promise<ConcurError>(resolve => {
      callOff = this.options.timers.after(answerWithinMs, () =>
        resolve(
          new ConcurError('TIMEOUT', `seq ${seq} is not on every disk after ${answerWithinMs / 1000} s`),
        ),
      )
    })
    try {
      return await Promise.race([done.then(() => null), late])
    } catch (error) {
      if (this.options.store.journal.failure === null) throw error
      return new ConcurError('TIMEOUT', `the coordinator's journal failed while seq ${seq} was written`)
    } finally {
      callOff()
    }
  }

  /** What an earlier run of this coordinator would have answered, as far as the journal tells. */
  private async answerOfJournaled(seq: number): Promise<Done> {
    await this.options.store.settler.settled(seq)
    const { record } = this.options.store.journal.at(seq)!
    const nodes = this.nodeStates(seq)
    const { change, epoch } = record
    return doneOf({ change, epoch: epoch.number, seq, nodes, outcomes: new Map(), error: null })
  }

  private nodeStates(seq: number) {
    const { config, store, links } = this.options
    const self = {
      node: config.name,
      hasSettled: store.settler.settledSeq >= seq,
      reason: 'has not settled it',
      behindOps: 0,
    }
    const replicas = this.seats.map((seat, at) => {
      const settledSeq = seat.settled?.settledSeq ?? 0
      const link = links[at]!
      const { downForMs } = link
      const away = downForMs === null ? link.report().reason : `down ${ageText(downForMs)}`
      return {
        node: seat.name,
        hasSettled: seat.settled !== null && seat.isFollowing && settledSeq >= seq,
        reason: seat.fenced ?? away ?? 'is catching up',
        behindOps: seat.settled === null ? null : Math.max(0, this.ledger.committedSeq - settledSeq),
      }
    })
    return [self, ...replicas]
  }
}

/** How long something has lasted, for a person. */
function ageText(ms: number): string {
  const units: [string, number][] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
  ]
  const [unit, unitMs] = units.find(([, unitMs]) => ms >= unitMs) ?? ['s', 1_000]
  return `${Math.floor(ms / unitMs)} ${unit}`
}
