/**
 * A replica's place among the nodes that changes wait for. Over each of its links it is told every record; when it has
 * settled what there is it joins the in-sync set by a record, and when its link ends, falls silent or makes no progress it
 * leaves by one. Clause: DESIGN.md section 7, "In-sync set".
 */
import type { Settled } from '../protocol/change-messages.ts'
import type { Connection } from '../protocol/connection.ts'
import type { ConcurError } from '../protocol/errors.ts'
import type { NodeId, NodeName } from '../protocol/ids.ts'
import type { Hello } from '../protocol/messages.ts'
import type { Epoch } from '../protocol/record.ts'
import type { Cancel, Clock, Random, Timers } from '../protocol/world.ts'
import type { Log } from '../replica/program/log.ts'
import type { Store } from '../replica/store/store.ts'
import { Follower } from './following/follower.ts'
import { backoffMs } from './liveness.ts'
import type { Ledger } from './ordering/ledger.ts'
import { perhapsPutBack, rolledBackBy } from './superseded.ts'
import { silentText, troubleText } from './trouble-text.ts'

/** Milliseconds in which a node of the set must get on with what it has been told. */
const progressWithinMs = 10_000
/** A node that is this close behind counts as having settled what there is: it is waited for from then on. */
const tailOps = 256
/** Milliseconds after which a node is asked again that had no room: as soon as it has some, it follows. */
const fullAgainMs = 2_000
/** Milliseconds in the set after which earlier failures count no more. */
const steadyAfterMs = 5_000

/** Why a node may not follow; it stays so until somebody does something. */
const lasting = new Set(['FENCED', 'CONFLICT', 'ROLLED_BACK', 'WRONG_CLUSTER'])

export interface SeatOptions {
  readonly name: NodeName
  readonly store: Pick<Store, 'openContent' | 'stateTree'> & {
    readonly journal: Pick<Store['journal'], 'at' | 'readAfter' | 'last' | 'begin'>
  }
  readonly ledger: Pick<Ledger, 'begunEpoch' | 'committedSeq' | 'isInSync' | 'join' | 'leave' | 'report'>
  /** The node id that this name had so far. */
  readonly nodeId: NodeId | null
  /** What it had in its journal at the least, as the coordinator's tells. */
  readonly acknowledgedSeq: number
  /** A node with another id may take the name. */
  readonly mayReplace: boolean
  /** Records that every node keeps at least. */
  readonly journalKeep: number
  /** Milliseconds for which every node keeps history; null: for ever. */
  readonly historyMs: number | null
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  /** The replica knows of commits, or of a coordinator, that this one does not know of. */
  readonly onSuperseded: (error: ConcurError) => void
  /** Changes wait for it from now on, or do not any more. */
  readonly onMembership: () => void
  /** It was told what paths are, and its journal begins behind that. */
  readonly onStated: () => void
  /** It has told how far it is. */
  readonly onHeard: () => void
  /** The name belongs to this node from now on. */
  readonly onNodeId: (nodeId: NodeId) => void
}

export class Seat {
  readonly name: NodeName
  /** Why the node may not follow, or null. */
  fenced: string | null = null
  /** Why it was told no more the last time, until it joins again. */
  trouble: string | null = null
  /** It was behind what it had acknowledged. */
  rolledBack = false
  /** How far it is, as it last said. */
  settled: Pick<Settled, 'journaledSeq' | 'settledSeq'> | null = null
  /** When it last got on with settling, or began to be told. */
  movedAtMs = 0
  /** When changes last had no reason to wait for it: it got on, or had nothing to do. */
  progressAtMs = 0
  private atEndAtMs = 0
  private readonly options: SeatOptions
  private nodeId: NodeId | null
  private acknowledgedSeq: number
  private link: {
    readonly connection: Connection
    readonly nodeId: NodeId
    readonly lastSeq: number | null
  } | null = null
  private follower: Follower | null = null
  private failures = 0
  private joinedAtMs = 0
  /** What was committed when it began to follow: it joins when it has settled that much. */
  private owedSeq = 0
  private callOff: Cancel = () => {}

  constructor(options: SeatOptions) {
    this.options = options
    this.name = options.name
    this.nodeId = options.nodeId
    this.acknowledgedSeq = options.acknowledgedSeq
  }

  get isInSync(): boolean {
    return this.options.ledger.isInSync(this.name)
  }

  get knownNodeId(): NodeId | null {
    return this.nodeId
  }

  /** Milliseconds since it last had everything. */
  get behindForMs(): number {
    return Math.round(this.options.clock.monotonicMs() - this.atEndAtMs)
  }

  /** What is behind this record it may still be told; whoever is not being told anything is not waited for. */
  get neededAfter(): number {
    return this.follower === null ? Number.POSITIVE_INFINITY : this.follower.settledSeq
  }

  /** Whether it is told records now. */
  get isFollowing(): boolean {
    return this.settled !== null && this.follower !== null
  }

  /** Whether it is told records, and has not said that it has settled this one. */
  isStillToSettle(seq: number): boolean {
    return this.follower !== null && (this.settled === null || this.settled.settledSeq < seq)
  }

  /** A link is open. */
  up(connection: Connection, { nodeId, lastSeq }: Hello): void {
    this.fenced = null
    this.trouble = null
    if (nodeId === null) return
    this.link = { connection, nodeId, lastSeq }
    this.admit()
  }

  down(reason: string): void {
    this.link = null
    this.stop()
    this.options.ledger.leave(this.name, reason)
  }

  /** The coordinator's term has begun. */
  begin(): void {
    this.follow()
  }

  recordsAppended(): void {
    this.follower?.recordsAppended()
  }

  commit(seq: number): void {
    this.follower?.commit(seq)
  }

  /**
   * The coordinator goes on with another journal: what the node had acknowledged there, and which node it was; null: it
   * does not say.
   */
  restart(acknowledgedSeq: number, nodeId: NodeId | null): void {
    this.acknowledgedSeq = acknowledgedSeq
    if (nodeId === null || nodeId === this.nodeId) return
    this.nodeId = nodeId
    this.admit()
  }

  /** Records that it was told are taken back: it is told anew what there is. */
  startAnew(): void {
    this.acknowledgedSeq = Math.min(this.acknowledgedSeq, this.options.store.journal.last.seq)
    this.stop()
    this.follow()
  }

  /** It could not be asked, or did not take what was sent: it is told anew after a pause. */
  lose(reason: string): void {
    this.trouble = reason
    this.options.ledger.leave(this.name, reason)
    this.stop()
    this.options.onMembership()
    this.followLater()
  }

  /**
   * Looks after a node that makes no progress with what it was told, or says nothing of it. One that has had nothing to do
   * is suspect until a change comes. `silentForMs`: null as long as that is short.
   */
  watch(silentForMs: number | null): void {
    const { clock, store } = this.options
    const nowMs = clock.monotonicMs()
    if (this.isInSync && nowMs - this.joinedAtMs > steadyAfterMs) this.failures = 0
    const isAtEnd = this.settled !== null && this.settled.settledSeq >= store.journal.last.seq
    if (isAtEnd) this.progressAtMs = nowMs
    else if (silentForMs !== null) this.loseSilent(silentForMs)
    else if (this.isInSync && nowMs - this.progressAtMs > progressWithinMs)
      this.lose(`made no progress for ${progressWithinMs / 1000} s`)
  }

  /** No change waits for a node that has not been heard for so long. */
  loseSilent(silentForMs: number): void {
    if (this.isInSync) this.lose(`has been ${silentText(silentForMs)}`)
  }

  close(): void {
    this.link = null
    this.stop()
  }

  /** Whoever is not the node that was known is not told anything. */
  private admit(): void {
    const { link, nodeId, name } = this
    if (link === null) return
    const isKnown = nodeId === null || nodeId === link.nodeId || this.options.mayReplace
    this.fenced = isKnown
      ? null
      : `is another node than the ${name} that was known: --replace ${name} takes it in its place`
    if (!isKnown) {
      this.options.log.warn({ replica: name, reason: this.fenced }, 'does not follow')
      return
    }
    this.compare(link.nodeId, link.lastSeq)
    this.follow()
  }

  /** A node that takes another's place has acknowledged nothing yet. */
  private compare(nodeId: NodeId, lastSeq: number | null): void {
    if (nodeId !== this.nodeId) this.acknowledgedSeq = 0
    const { acknowledgedSeq, name } = this
    this.rolledBack = lastSeq !== null && lastSeq < acknowledgedSeq
    if (this.rolledBack) this.options.log.warn({ replica: name, lastSeq, acknowledgedSeq }, 'rolled back')
  }

  private stop(): void {
    this.callOff()
    this.follower?.stop()
    this.follower = null
  }

  private follow(): void {
    const { ledger, store, name, clock, timers } = this.options
    const { link } = this
    const epoch: Epoch | null = ledger.begunEpoch
    if (link === null || epoch === null || this.fenced !== null || !link.connection.isOpen) return
    this.progressAtMs = clock.monotonicMs()
    this.movedAtMs = this.progressAtMs
    this.owedSeq = ledger.committedSeq
    const follower = new Follower({
      connection: link.connection,
      name,
      journal: store.journal,
      epoch,
      committedSeq: () => ledger.committedSeq,
      openContent: entry => store.openContent(entry),
      stateTree: () => store.stateTree(),
      journalKeep: this.options.journalKeep,
      historyMs: this.options.historyMs,
      events: {
        onStated: this.options.onStated,
        onFollowing: settled => this.hear(settled, link.nodeId),
        onSettled: settled => this.hear(settled, link.nodeId),
        // It may end while a record is being written, which comes first.
        onEnded: error =>
          timers.endOfTurn(() => {
            if (this.follower === follower) this.ended(error)
          }),
      },
    })
    this.follower = follower
    follower.start()
  }

  private hear(settled: Settled, nodeId: NodeId): void {
    const { ledger, clock, onMembership } = this.options
    const { journaledSeq, settledSeq, outcomes } = settled
    const nowMs = clock.monotonicMs()
    const hasMoved = this.settled === null || settledSeq > this.settled.settledSeq
    if (hasMoved) this.movedAtMs = nowMs
    if (hasMoved || journaledSeq > this.settled!.journaledSeq) this.progressAtMs = nowMs
    if (settledSeq >= ledger.committedSeq) this.atEndAtMs = nowMs
    this.settled = { journaledSeq, settledSeq }
    this.acknowledgedSeq = Math.max(this.acknowledgedSeq, journaledSeq)
    ledger.report(this.name, { journaledSeq, settledSeq }, outcomes)
    this.options.onHeard()
    const isBehind = settledSeq < this.owedSeq || settledSeq + tailOps < ledger.committedSeq
    if (this.isInSync || isBehind) return
    this.trouble = null
    if (nodeId !== this.nodeId) this.options.onNodeId(nodeId)
    this.nodeId = nodeId
    this.joinedAtMs = this.progressAtMs = nowMs
    ledger.join(this.name, nodeId, { journaledSeq, settledSeq })
    onMembership()
  }

  private ended(error: ConcurError): void {
    const { ledger, log, onSuperseded, onMembership } = this.options
    const isBehind = this.follower?.isBehindReplica ?? false
    this.follower = null
    this.trouble = troubleText(error)
    ledger.leave(this.name, this.trouble)
    onMembership()
    if (error.code === 'FENCED') onSuperseded(isBehind ? perhapsPutBack(this.name, error) : error)
    if (error.code === 'ROLLED_BACK') onSuperseded(rolledBackBy(this.name, error))
    if (lasting.has(error.code)) {
      this.fenced = error.message
      log.warn({ replica: this.name, code: error.code, reason: error.message }, 'does not follow')
      return
    }
    this.followLater(error.code === 'NO_SPACE' ? fullAgainMs : undefined)
  }

  private followLater(withinMs = Number.POSITIVE_INFINITY): void {
    if (this.link === null) return
    this.failures++
    const { timers, random } = this.options
    const pauseMs = Math.min(withinMs, backoffMs(this.failures, random.fraction()))
    this.callOff = timers.after(pauseMs, () => this.follow())
  }
}
