/**
 * The order of all changes, and how far each node of the in-sync set is with them. Every record is written here, in one
 * uninterrupted step: its number, the hash of the one before, what is committed. It is committed when every node of the set
 * has it durably, and over when every one has settled it, or has left the set by a record. Knows no path and no link.
 * Clause: DESIGN.md section 5, protocol/README.md "Records".
 */
import type { Outcome } from '../../protocol/change-messages.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { ClientId, NodeId, NodeName } from '../../protocol/ids.ts'
import type { Change, Epoch, Operation } from '../../protocol/record.ts'
import { newEntry } from '../../protocol/record.ts'
import type { Clock } from '../../protocol/world.ts'
import type { Journal } from '../../replica/store/journal/journal.ts'
import { type Abandoned, committedUpTo, type Leaver, type Position, settledUpTo } from './commit.ts'
import { Tails } from './tails.ts'

export interface Wanted {
  readonly change: Change
  readonly client: ClientId | null
  readonly operation: Operation | null
  /** What rides beside the record. */
  readonly body: Buffer | null
}

export interface LedgerEvents {
  /** There are new records in the journal. */
  onAppended(): void
  onCommitted(seq: number): void
  /** The record with which the term begins is durable. */
  onBegun(): void
  /** Records that were told to others are not in the journal: it ends before them. */
  onTakenBack(error: ConcurError): void
}

/** One record that somebody waits for. */
export interface Awaited {
  readonly seq: number
  /** What nodes had to say of it, so far. */
  readonly outcomes: Map<NodeName, Outcome>
  /** Whether it exists for ever. */
  isCommitted: boolean
  /** Settles when every node that is waited for has settled it. Rejects when it was abandoned or could not be written. */
  readonly done: Promise<void>
}

interface Waiting {
  readonly awaited: Awaited
  readonly resolve: () => void
  readonly reject: (error: ConcurError) => void
  /** How many nodes must have it, and why it is abandoned when fewer can. */
  readonly tooFew: (inSync: number) => string | null
}

export interface LedgerOptions {
  readonly journal: Pick<Journal, 'append' | 'last' | 'durableSeq'>
  readonly self: NodeName
  readonly clock: Clock
  readonly events: LedgerEvents
}

export class Ledger {
  epoch: Epoch | null = null
  /** Up to here every record exists for ever. */
  committedSeq: number
  readonly tails = new Tails()
  private readonly options: LedgerOptions
  private readonly members = new Map<NodeName, Position>()
  private leavers: Leaver[] = []
  private abandoned: (Abandoned & { readonly reason: string })[] = []
  /** Nodes whose joining is not committed yet. */
  private joiners: { readonly node: NodeName; readonly joinSeq: number }[] = []
  private readonly waiting = new Map<number, Waiting>()
  private selfSettledSeq = 0
  /** The record with which the term begins. */
  private beginSeq = 0
  /** The last record that was given to the journal, and has not been taken back. */
  private writtenSeq = 0

  constructor(options: LedgerOptions & { settledSeq: number }) {
    this.options = options
    this.committedSeq = options.settledSeq
    this.selfSettledSeq = options.settledSeq
  }

  /** The coordinator's term begins: it alone is in the set. Where this record is taken back there is no term. */
  begin(epoch: Epoch, members: readonly { name: NodeName; nodeId: NodeId | null }[]): void {
    this.epoch = epoch
    this.members.set(this.options.self, this.ownPosition)
    this.beginSeq = this.options.journal.last.seq + 1
    this.tails.begin(this.options.self, this.beginSeq)
    this.write([
      { change: { type: 'begin', members: [...members] }, client: null, operation: null, body: null },
    ])
  }

  /** The journal was taken over from another node: this node has settled so far in it. */
  restart(settledSeq: number): void {
    this.committedSeq = settledSeq
    this.selfSettledSeq = settledSeq
  }

  /** The record with which the term begins; null: it has not begun. */
  get termBeginsAt(): number | null {
    return this.epoch === null ? null : this.beginSeq
  }

  /**
   * The epoch of a term whose beginning is durable. Nobody hears of it sooner: a start that did not find it in the journal
   * would take the same number again, and whoever has promised it would not follow.
   */
  get begunEpoch(): Epoch | null {
    return this.options.journal.durableSeq >= this.beginSeq ? this.epoch : null
  }

  isInSync(node: NodeName): boolean {
    return this.members.has(node)
  }

  get inSync(): readonly NodeName[] {
    return [...this.members.keys()]
  }

  /** Orders one change. @throws ConcurError when the journal takes nothing. */
  order(wanted: Wanted, tooFew: (inSync: number) => string | null): Awaited {
    this.noticeLoss()
    const [seq] = this.write([wanted])
    let resolve = () => {}
    let reject: (error: ConcurError) => void = () => {}
    const done = new Promise<void>((onDone, onFailed) => {
      resolve = onDone
      reject = onFailed
    })
    const awaited: Awaited = { seq: seq!, outcomes: new Map(), isCommitted: false, done }
    this.waiting.set(seq!, { awaited, resolve, reject, tooFew })
    return awaited
  }

  /** The node has settled everything that there is, and is waited for from now on. */
  join(node: NodeName, nodeId: NodeId, position: Position): void {
    this.noticeLoss()
    this.members.set(node, notBeyond(this.options.journal.last.seq, position))
    const joinSeq = this.options.journal.last.seq + 1
    this.joiners.push({ node, joinSeq })
    this.tails.begin(node, joinSeq)
    this.write([{ change: { type: 'join', node, nodeId }, client: null, operation: null, body: null }])
  }

  /** The node is not waited for any more, once that is recorded. Changes that too few would have then are abandoned. */
  leave(node: NodeName, reason: string): void {
    this.noticeLoss()
    const position = this.members.get(node)
    if (position === undefined || node === this.options.self) return
    this.members.delete(node)
    const { journaledSeq } = position
    const nobody = { client: null, operation: null, body: null }
    const change: Change = { type: 'leave', node, reason, journaledSeq }
    const given = [...this.waiting.values()].filter(
      ({ awaited, tooFew }) =>
        !awaited.isCommitted && tooFew(this.members.size) !== null && !this.isAbandoned(awaited.seq),
    )
    const abandon = given.map(({ awaited, tooFew }): Wanted => {
      const reason = tooFew(this.members.size)!
      return { change: { type: 'abandoned', abandonedSeq: awaited.seq, reason }, ...nobody }
    })
    const leaver = { node, ...position, leaveSeq: this.options.journal.last.seq + 1 }
    this.leavers.push(leaver)
    for (const [at, { awaited, tooFew }] of given.entries())
      this.abandoned.push({
        seq: awaited.seq,
        bySeq: leaver.leaveSeq + 1 + at,
        reason: tooFew(this.members.size)!,
      })
    this.write([{ change, ...nobody }, ...abandon])
  }

  /** A node of the set, or one on its way into it, has told how far it is. */
  report(node: NodeName, position: Position, outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) this.tell(node, outcome)
    if (this.members.has(node)) this.members.set(node, position)
    this.leavers = this.leavers.map(leaver => (leaver.node === node ? { ...leaver, ...position } : leaver))
    this.advance()
  }

  /** This node has settled so far. */
  settledHere(settledSeq: number, outcomes: readonly Outcome[]): void {
    this.selfSettledSeq = settledSeq
    for (const outcome of outcomes) this.tell(this.options.self, outcome)
    this.advance()
  }

  private get ownPosition(): Position {
    return { journaledSeq: this.options.journal.durableSeq, settledSeq: this.selfSettledSeq }
  }

  /** The journal drops records a moment before it says so. Until then their numbers must not be given anew. */
  private noticeLoss(): void {
    if (this.options.journal.last.seq < this.writtenSeq)
      this.takeBack(new ConcurError('NO_SPACE', 'the journal could not be written'))
  }

  private isAbandoned(seq: number): boolean {
    return this.abandoned.some(one => one.seq === seq)
  }

  private tell(node: NodeName, outcome: Outcome): void {
    const outcomes = this.waiting.get(outcome.seq)?.awaited.outcomes
    if (outcomes === undefined) return
    const before = outcomes.get(node)
    const merged =
      before === undefined
        ? outcome
        : {
            ...outcome,
            kept: [...before.kept, ...outcome.kept],
            replaced: [...before.replaced, ...outcome.replaced],
          }
    outcomes.set(node, merged)
  }

  /** Writes records behind the last one. @returns their numbers. */
  private write(all: readonly Wanted[]): number[] {
    const { journal, clock, events } = this.options
    const epoch = this.epoch
    if (epoch === null) throw new ConcurError('READ_ONLY', 'the coordinator has not begun')
    const timeMs = clock.nowMs()
    let { seq, hash } = journal.last
    const entries = all.map(({ change, client, operation, body }) => {
      seq++
      const { committedSeq } = this
      const entry = newEntry(
        { epoch, seq, previous: hash, committedSeq, timeMs, client, operation, change },
        body,
      )
      hash = entry.hash
      return entry
    })
    const seqs = entries.map(({ record }) => record.seq)
    this.writtenSeq = seq
    journal.append(entries).then(
      () => this.advance(),
      error => this.takeBack(asConcurError(error)),
    )
    events.onAppended()
    return seqs
  }

  /** What was not written is not there: who waits for it is told, and so are those who heard of it. */
  private takeBack(error: ConcurError): void {
    const { last } = this.options.journal
    for (const [seq, { reject }] of this.waiting) {
      if (seq <= last.seq) continue
      this.waiting.delete(seq)
      reject(error)
    }
    for (const { node, leaveSeq, ...position } of this.leavers)
      if (leaveSeq > last.seq) this.members.set(node, position)
    for (const { node, joinSeq } of this.joiners) if (joinSeq > last.seq) this.members.delete(node)
    this.leavers = this.leavers.filter(({ leaveSeq }) => leaveSeq <= last.seq)
    this.joiners = this.joiners.filter(({ joinSeq }) => joinSeq <= last.seq)
    this.abandoned = this.abandoned.filter(({ bySeq }) => bySeq <= last.seq)
    // Nodes may have had what is not there any more; other records will have these numbers.
    for (const [node, position] of this.members) this.members.set(node, notBeyond(last.seq, position))
    this.leavers = this.leavers.map(leaver => ({ ...leaver, ...notBeyond(last.seq, leaver) }))
    this.writtenSeq = last.seq
    this.tails.takeBack(last.seq)
    if (this.beginSeq > last.seq) this.epoch = null
    this.options.events.onTakenBack(error)
    this.advance()
  }

  private advance(): void {
    this.members.set(this.options.self, this.ownPosition)
    this.tails.advance(this.members)
    if (this.epoch === null) return
    const members = [...this.members.values()]
    const committed = committedUpTo(members, this.leavers, this.abandoned)
    if (committed > this.committedSeq) this.commit(committed)
    const settled = settledUpTo(members, this.leavers, this.committedSeq)
    this.leavers = this.leavers.filter(({ leaveSeq }) => leaveSeq > this.committedSeq)
    for (const [seq, { resolve }] of this.waiting) {
      if (seq > settled) break
      this.waiting.delete(seq)
      resolve()
    }
  }

  private commit(seq: number): void {
    const isBegun = this.committedSeq < this.beginSeq && this.beginSeq <= seq
    this.committedSeq = seq
    for (const [waitingSeq, { awaited }] of this.waiting) {
      if (waitingSeq > seq) break
      awaited.isCommitted = true
    }
    this.joiners = this.joiners.filter(({ joinSeq }) => joinSeq > seq)
    const over = this.abandoned.filter(({ bySeq }) => bySeq <= seq)
    this.abandoned = this.abandoned.filter(({ bySeq }) => bySeq > seq)
    for (const one of over) {
      const waiting = this.waiting.get(one.seq)
      this.waiting.delete(one.seq)
      waiting?.reject(new ConcurError('UNREACHABLE', one.reason))
    }
    this.options.events.onCommitted(seq)
    if (isBegun) this.options.events.onBegun()
  }
}

function notBeyond(seq: number, { journaledSeq, settledSeq }: Position): Position {
  return { journaledSeq: Math.min(seq, journaledSeq), settledSeq }
}
