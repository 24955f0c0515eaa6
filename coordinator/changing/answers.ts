/**
 * What is said of a record: to the client whose change it is, to one that asks again after a restart, and to one that waits
 * for every node to have it.
 */
import type { Done } from '../../protocol/change-messages.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Detail } from '../../protocol/messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Change } from '../../protocol/record.ts'
import type { Cancel, Timers } from '../../protocol/world.ts'
import type { PathState, Store } from '../../replica/store/store.ts'
import type { CoordinatorConfig } from '../config.ts'
import type { Ledger } from '../ordering/ledger.ts'
import type { ReplicaLink } from '../replica-link.ts'
import type { Seat } from '../seat.ts'
import { doneOf, type NodeState } from './answer.ts'
import type { Ordered } from './change-work.ts'

/** Milliseconds after which a client is told that its change is on its way, and no more. */
const answerWithinMs = 30_000

export interface AnswersOptions {
  readonly config: Pick<CoordinatorConfig, 'name'>
  readonly store: {
    readonly journal: Pick<Store['journal'], 'at' | 'failure'>
    readonly settler: Pick<Store['settler'], 'settled' | 'settledSeq'>
    journaled(path: FilePath): PathState | null
  }
  readonly ledger: Pick<Ledger, 'epoch' | 'committedSeq'>
  readonly seats: readonly Pick<Seat, 'name' | 'settled' | 'isFollowing' | 'fenced' | 'trouble'>[]
  /** In the order of the seats. */
  readonly links: readonly Pick<ReplicaLink, 'downForMs' | 'report'>[]
  readonly timers: Timers
}

export class Answers {
  private readonly options: AnswersOptions

  constructor(options: AnswersOptions) {
    this.options = options
  }

  /** Every configured replica that has not settled the record, and why. */
  behind(seq: number): Detail[] {
    return this.nodeStates(seq)
      .filter(({ hasSettled }) => !hasSettled)
      .map(({ node, reason, behindOps }) => ({ node, reason, behindOps }))
  }

  /** @throws ConcurError when it was abandoned, or could not be written: nothing was changed. */
  async answerOf({ awaited, change }: Pick<Ordered, 'awaited' | 'change'>): Promise<Done> {
    const { seq, outcomes } = awaited
    // The term may be over when the record is: its beginning is taken back with it.
    const epoch = this.options.ledger.epoch!.number
    const error = await this.endOf(awaited)
    const nodes = this.nodeStates(seq)
    const moved = this.movedBy(change, seq)
    const done = doneOf({ change, moved, epoch, seq, nodes, outcomes, error })
    return error === null || awaited.isCommitted ? done : { ...done, outcome: 'unknown' }
  }

  /** @returns null when it is over, TIMEOUT when it is not, or may not be. */
  private async endOf({ done, seq }: Pick<Ordered['awaited'], 'done' | 'seq'>): Promise<ConcurError | null> {
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
  async answerOfJournaled(seq: number): Promise<Done> {
    const error = await this.endOf({ seq, done: this.options.store.settler.settled(seq) })
    const { record } = this.options.store.journal.at(seq)!
    const nodes = this.nodeStates(seq)
    const { change, epoch } = record
    const moved = this.movedBy(change, seq)
    return doneOf({ change, moved, epoch: epoch.number, seq, nodes, outcomes: new Map(), error })
  }

  /** What a rename made of its target, as long as nothing else was made of it since. */
  private movedBy(change: Change, seq: number): Extract<PathState, { is: 'file' }> | null {
    if (change.type !== 'rename') return null
    const state = this.options.store.journaled(change.to)
    return state?.is === 'file' && state.seq === seq ? state : null
  }

  private nodeStates(seq: number): NodeState[] {
    const { config, store, links, seats } = this.options
    const self = {
      node: config.name,
      hasSettled: store.settler.settledSeq >= seq,
      reason: 'has not settled it',
      behindOps: 0,
    }
    const replicas = seats.map((seat, at) => {
      const settledSeq = seat.settled?.settledSeq ?? 0
      const link = links[at]!
      const { downForMs } = link
      const away = downForMs === null ? seat.trouble : `down ${ageText(downForMs)}`
      return {
        node: seat.name,
        hasSettled: seat.settled !== null && seat.isFollowing && settledSeq >= seq,
        reason: seat.fenced ?? away ?? link.report().reason ?? 'is catching up',
        behindOps: seat.settled === null ? null : Math.max(0, this.options.ledger.committedSeq - settledSeq),
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
