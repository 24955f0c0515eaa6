/**
 * Makes the tree what the committed records say, one record after the other, in their order: the tree, then the
 * index, then the progress. Everything it does can be done again. It stops at the first trouble of the disk and skips
 * nothing. Clause: README.md "How a record becomes the disk's content".
 */

import type { Outcome } from '../../protocol/change-messages.ts'
import type { Digest } from '../../protocol/digest.ts'
import type { ConcurError } from '../../protocol/errors.ts'
import type { StageId } from '../../protocol/ids.ts'
import { type FilePath, isWithin } from '../../protocol/path.ts'
import { bodyOf, type Change, type JournalEntry, pathsOf } from '../../protocol/record.ts'
import type { Cancel, Clock, Timers } from '../../protocol/world.ts'
import { Ahead, type JournalReader } from './ahead.ts'
import type { AuditLog } from './audit-log.ts'
import type { Fence } from './fence.ts'
import { type Ground, Work } from './install/ground.ts'
import { install } from './install/install.ts'
import type { PathIndex } from './path-index.ts'
import { PathStates } from './path-states.ts'
import type { Progress } from './progress.ts'
import type { Reserve } from './reserve.ts'
import { type Pace, Slices } from './slices.ts'
import type { SettleStated } from './stated/settle-stated.ts'
import { noSpace, type Trouble, troubleOf } from './trouble.ts'

const pace: Pace = { workMs: 8, restMs: 0 }
const readBytes = 1024 * 1024
const retryAfterMs = 1000

export interface SettlerEvents {
  /** After each record; `outcomes` where there is anything to say of it. `change`: what it was to do. */
  onSettled(settledSeq: number, outcomes: readonly Outcome[], change: Change): void
  /** Nothing is settled any more until the trouble is over. */
  onTrouble(error: ConcurError): void
}

export interface SettlerOptions {
  readonly journal: JournalReader
  readonly ground: Ground
  readonly paths: PathIndex
  readonly progress: Progress
  readonly reserve: Pick<Reserve, 'release'>
  readonly log: Pick<AuditLog, 'add'>
  /** While it is set nothing is settled. */
  readonly fence: Pick<Fence, 'isFenced'>
  readonly clock: Clock
  readonly timers: Timers
}

/** From where on records are settled. */
export interface Start {
  /** Up to here the tree and the index are what the records say. */
  readonly settledSeq: number
  /** But for these paths, whose last contents were left out: what they may hold. */
  readonly leftOut: ReadonlyMap<FilePath, readonly Digest[]>
  /** Stages of records that are in the tree, and perhaps not flushed. */
  readonly usedStages: readonly UsedStage[]
  /** The record that a loss of power may have met in the middle; null: none. */
  readonly tornSeq: number | null
  /** What was stated to this node, and comes before any record; null: nothing. */
  readonly stated: SettleStated | null
}

/** A stage whose bytes were used, with its record. */
export interface UsedStage {
  readonly seq: number
  readonly stage: string
}

export class Settler {
  /** Why nothing is settled, or null. */
  trouble: ConcurError | null = null
  /** The last record whose effects are in the tree and in the index. */
  settledSeq: number
  /** The last record that has to be. */
  committedSeq: number
  /** Stages whose bytes an append has used and that were not flushed since, each with its record. */
  readonly usedStages: UsedStage[]
  private readonly options: SettlerOptions
  private readonly tornSeq: number | null
  /** Up to here records may have been tried before: by this process, or by the one before it. */
  private begunSeq: number
  private readonly states: PathStates
  private ahead: Ahead
  private readonly listeners = new Set<Partial<SettlerEvents>>()
  private waiting: { readonly seq: number; readonly resolve: () => void }[] = []
  /** What paths may hold whose last contents were left out. */
  private readonly leftOut = new Map<FilePath, readonly Digest[]>()
  private running: Promise<void> | null = null
  private cancelRetry: Cancel = () => {}
  private stopped = false
  private isPaused = false
  /** Somebody needs a moment between two records. */
  private holds = 0
  private stated: SettleStated | null
  /** What is needed could not be asked of anybody. */
  private stalled = false

  constructor(options: SettlerOptions, start: Start) {
    this.options = options
    this.settledSeq = start.settledSeq
    this.committedSeq = start.settledSeq
    this.tornSeq = start.tornSeq
    this.stated = start.stated
    this.begunSeq = options.journal.last.seq
    this.usedStages = [...start.usedStages]
    this.states = new PathStates({ index: options.paths, digests: options.ground.digests })
    this.ahead = new Ahead({ journal: options.journal, settledSeq: start.stated?.seq ?? start.settledSeq })
    for (const [path, known] of start.leftOut) this.leftOut.set(path, known)
  }

  /** @returns how to be told no more. */
  listen(listener: Partial<SettlerEvents>): () => void {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  /** All records up to `seq` may be installed, as far as they are durable here. */
  commit(seq: number): void {
    this.committedSeq = Math.max(this.committedSeq, seq)
    this.ahead.extend(this.settledSeq, this.reachableSeq)
    this.start()
  }

  /** @returns the last record, committed or settled, that made the path what it is; 0: none that is known. */
  lastSeqOf(path: FilePath): number {
    return Math.max(this.ahead.lastOf(path) ?? 0, this.options.paths.get(path)?.seq ?? 0)
  }

  /** @returns the record with which the path is what the records up to `seq` say; null: it is that already. */
  seqToSettle(path: FilePath, seq: number): number | null {
    const known = Math.min(this.committedSeq, this.options.journal.durableSeq)
    const until = seq > known ? seq : (this.ahead.lastOf(path, seq) ?? 0)
    return until <= this.settledSeq ? null : until
  }

  /** Whether a record that is committed touches the path and is not settled: its tree and its index may not agree yet. */
  isUnsettled(path: FilePath): boolean {
    return this.stated !== null || this.ahead.lastOf(path) !== null
  }

  /** Settles when the record is settled. */
  settled(seq: number): Promise<void> {
    if (seq <= this.settledSeq) return Promise.resolve()
    return new Promise(resolve => this.waiting.push({ seq, resolve }))
  }

  /** What was in the way may be gone. */
  retry(): void {
    this.cancelRetry()
    this.trouble = null
    this.start()
  }

  /** Returns when nothing is worked on any more. */
  async stop(): Promise<void> {
    this.stopped = true
    this.cancelRetry()
    await this.running
  }

  /** Nothing is settled until the end; settles when nothing is worked on any more. */
  async pause(): Promise<void> {
    this.isPaused = true
    this.cancelRetry()
    await this.running
  }

  /** Whether something was stated that is not settled yet. */
  get isStated(): boolean {
    return this.stated !== null
  }

  /** What was paused goes on, nothing having happened. */
  resume(): void {
    this.isPaused = false
    this.start()
  }

  /** What was stated is settled now, and then the records behind it; those before it are given up. */
  resumeWith(stated: SettleStated): void {
    this.isPaused = false
    this.trouble = null
    this.stated = stated
    this.committedSeq = stated.seq
    this.begunSeq = stated.seq
    this.ahead = new Ahead({ journal: this.options.journal, settledSeq: stated.seq })
    this.leftOut.clear()
    this.usedStages.length = 0
    this.start()
  }

  /** Does something while no record is in the middle of being settled. */
  async between<T>(work: () => T): Promise<T> {
    this.holds++
    try {
      await this.running
      return work()
    } finally {
      this.holds--
      this.start()
    }
  }

  /** The journal and the tree end with the record `seq`: what came behind it was taken back. */
  resumeFrom(seq: number): void {
    this.isPaused = false
    this.settledSeq = seq
    this.committedSeq = seq
    this.begunSeq = seq
    this.ahead = new Ahead({ journal: this.options.journal, settledSeq: seq })
    this.leftOut.clear()
    this.usedStages.length = 0
  }

  /** Settles when all that is committed and durable here is settled, or cannot be now. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running
  }

  private get reachableSeq(): number {
    return Math.min(this.committedSeq, this.options.journal.durableSeq)
  }

  private start(): void {
    if (this.running !== null || this.isHeld || this.isDone) return
    this.cancelRetry()
    this.running = this.afterThisTurn().finally(() => {
      this.running = null
      if (!this.stalled) this.start()
    })
  }

  /** What this turn still has to tell others leaves first, also what the end of what runs now tells. */
  private async afterThisTurn(): Promise<void> {
    await null
    await new Promise<void>(resolve => this.options.timers.endOfTurn(resolve))
    await this.run()
  }

  private get isHeld(): boolean {
    return (
      this.stopped || this.isPaused || this.holds > 0 || this.trouble !== null || this.options.fence.isFenced
    )
  }

  private get isDone(): boolean {
    return this.settledSeq >= this.reachableSeq
  }

  private async run(): Promise<void> {
    const { clock, timers, journal } = this.options
    const slices = new Slices({ clock, timers, pace })
    this.stalled = false
    try {
      while (!this.isHeld && !this.isDone) {
        if (this.stated !== null) {
          await this.settleStated(this.stated, slices)
          continue
        }
        const end = this.ahead.extend(this.settledSeq, this.reachableSeq)
        for (const entry of journal.readAfter(this.settledSeq, readBytes)) {
          if (this.isHeld || entry.record.seq > end) break
          await this.settle(entry, slices)
          if (slices.isUsedUp) await slices.next()
        }
      }
    } catch (error) {
      this.meet(troubleOf(error))
    }
  }

  private async settle(entry: JournalEntry, slices: Slices): Promise<void> {
    const { seq, change } = entry.record
    let outcome: Outcome | null = null
    const isAbandoned = this.ahead.isAbandoned(seq)
    if (!isAbandoned && this.leavesOut(entry)) {
      this.states.tellPassedOver(entry.record)
    } else if (!isAbandoned) {
      outcome = await this.install(entry, slices)
      await this.states.tell(entry.record, slices)
    }
    this.endStage(seq, change)
    this.options.ground.gatherings.settled(seq)
    this.options.progress.set(seq)
    this.settledSeq = seq
    this.ahead.settle({ seq, change })
    if (!isAbandoned) this.options.log.add(entry.record)
    this.tell(outcome, change)
  }

  private install(entry: JournalEntry, slices: Slices): Promise<Outcome> {
    const older = this.olderOf(entry.record.change)
    return this.withRoom(() => this.installOnce(entry, slices, older))
  }

  /** On a full disk once more, with what there is to be given. */
  private async withRoom<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!noSpace(error)) throw error
      const hasGiven = this.options.ground.gatherings.giveSpace()
      if (!this.options.reserve.release() && !hasGiven) throw error
      return work()
    }
  }

  private async settleStated(stated: SettleStated, slices: Slices): Promise<void> {
    const isDone = await stated.run(
      slices,
      () => this.isHeld,
      step => this.withRoom(step),
    )
    if (!isDone || this.isHeld) return
    this.options.progress.set(stated.seq)
    this.stated = null
    this.settledSeq = stated.seq
    for (const [path, known] of stated.leftOut) this.leftOut.set(path, known)
    for (const { outcome, change } of stated.told()) this.tell(outcome, change)
    this.tell(null, { type: 'begin', members: [] })
  }

  private async installOnce(entry: JournalEntry, slices: Slices, older: readonly Digest[]): Promise<Outcome> {
    const later = () => this.laterOf(entry)
    const { seq, change } = entry.record
    const mayBeTorn = seq === this.tornSeq
    const mayBeBegun = seq <= this.begunSeq
    this.begunSeq = Math.max(this.begunSeq, seq)
    const work = new Work({ entry, slices, older, later, mayBeTorn, mayBeBegun })
    if (mayBeTorn) for (const path of pathsOf(change)) this.options.ground.digests.forget(path as FilePath)
    await install(this.options.ground, work)
    this.endLeftOut(change)
    return work.outcome()
  }

  /** What the record touched is what it says from now on. */
  private endLeftOut(change: Change): void {
    const touched = pathsOf(change)
    for (const path of touched) this.leftOut.delete(path as FilePath)
    if (!('what' in change) || change.what === 'file') return
    for (const path of this.leftOut.keys())
      if (touched.some(at => isWithin(path, at))) this.leftOut.delete(path)
  }

  /** What this node made of the path last, whatever the record says of it. */
  private olderOf(change: Change): readonly Digest[] {
    const path = change.type === 'rename' ? change.from : 'path' in change ? change.path : null
    if (path === null) return []
    const state = this.options.paths.get(path)
    const own = state?.is === 'file' && state.digest !== null ? [state.digest] : []
    return [...own, ...this.leftOutAt(path, change)]
  }

  private leftOutAt(path: FilePath, change: Change): readonly Digest[] {
    if (change.type !== 'delete' || change.what === 'file') return this.leftOut.get(path) ?? []
    return [...this.leftOut].flatMap(([at, known]) => (isWithin(at, path) ? known : []))
  }

  private laterOf({ record: { seq, change } }: JournalEntry): readonly Digest[] {
    return 'path' in change ? this.ahead.resultsAfter(change.path, seq) : []
  }

  /**
   * Whether the record is passed over: its bytes, or those that it builds on, are not here, and a later one undoes it.
   * What the path may hold meanwhile is known to the later one.
   */
  private leavesOut(entry: JournalEntry): boolean {
    const { seq, change } = entry.record
    if (change.type !== 'put' && change.type !== 'append') return false
    const hasAll = this.hasBytes(entry) && (change.type === 'put' || !this.leftOut.has(change.path))
    if (hasAll || !this.ahead.isUndone(change.path, seq)) return false
    const { path, base, seen, digest } = change
    const known = base === null ? [...seen, digest] : [base, ...seen, digest]
    this.leftOut.set(path, [...(this.leftOut.get(path) ?? []), ...known])
    return true
  }

  private hasBytes({ record, body }: JournalEntry): boolean {
    const needed = bodyOf(record.change)
    if (needed === null) return true
    return needed.stage === null ? body !== null : this.options.ground.stages.has(needed.stage)
  }

  /** A stage that became a file is gone; one whose bytes were appended is needed until they are flushed. */
  private endStage(seq: number, change: Change): void {
    const stage = bodyOf(change)?.stage ?? null
    if (stage === null) return
    if (change.type === 'append') this.usedStages.push({ seq, stage })
    else this.endStageNow(seq, change, stage)
  }

  private endStageNow(seq: number, change: Change, stage: StageId): void {
    const { stages, history } = this.options.ground
    if (change.type === 'delete') history.takeList({ folder: stages.folder, name: stage }, seq)
    stages.remove(stage)
  }

  private tell(outcome: Outcome | null, change: Change): void {
    const isSilent = outcome === null || (outcome.kept.length === 0 && outcome.replaced.length === 0)
    for (const { onSettled } of this.listeners)
      onSettled?.(this.settledSeq, isSilent ? [] : [outcome], change)
    if (this.waiting.length === 0) return
    const due = this.waiting.filter(({ seq }) => seq <= this.settledSeq)
    this.waiting = this.waiting.filter(({ seq }) => seq > this.settledSeq)
    for (const { resolve } of due) resolve()
  }

  private meet({ error, isTemporary, isOurs }: Trouble): void {
    if (isOurs) {
      this.trouble = error
      for (const { onTrouble } of this.listeners) onTrouble?.(error)
    } else {
      this.stalled = true
    }
    if (isTemporary) this.cancelRetry = this.options.timers.after(retryAfterMs, () => this.retry())
  }
}
