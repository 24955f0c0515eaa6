/**
 * The start: what is on the disk is brought up to the position that the store had, whatever a crash left of it, and
 * the index is told what it has missed. Afterwards records are settled as ever. Nothing here asks another node.
 * Clause: README.md "What the start does".
 */

import type { Outcome } from '../../protocol/change-messages.ts'
import type { Copy } from '../../protocol/copies.ts'
import type { Digest } from '../../protocol/digest.ts'
import type { StageId } from '../../protocol/ids.ts'
import { type FilePath, isWithin } from '../../protocol/path.ts'
import { bodyOf, type Change, type JournalEntry, pathsOf } from '../../protocol/record.ts'
import { type JournalReader, stretchMax } from './ahead.ts'
import { type Chain, Chains, type PathBefore } from './chains.ts'
import type { Place } from './folders.ts'
import { gatheredFor, gatheringId } from './gatherings.ts'
import { type Ground, Work } from './install/ground.ts'
import { install } from './install/install.ts'
import { lookAt } from './install/looked-at.ts'
import { exchangePlace } from './install/new-file.ts'
import type { PathIndex, PathState } from './path-index.ts'
import { PathStates } from './path-states.ts'
import type { Progress } from './progress.ts'
import type { Start, UsedStage } from './settler.ts'
import type { Slices } from './slices.ts'
import { sweepExchange } from './sweep-exchange.ts'

const readBytes = 1024 * 1024

type Rename = Extract<Change, { type: 'rename' }>

export interface RecoveryOptions {
  readonly journal: JournalReader
  /** Its contents are only those of this node. */
  readonly ground: Ground
  readonly paths: PathIndex
  readonly progress: Progress
  readonly slices: Slices
  /** Whether power may have been lost since the store was open last. */
  readonly hasRestarted: boolean
  /** Whether something was stated to this node that is not settled: all that came before it is flushed. */
  readonly isStated: boolean
}

/** @returns from where on records are settled, and what was listed on the way. @throws DiskError. */
export function recover(
  options: RecoveryOptions,
): Promise<Omit<Start, 'stated'> & { readonly outcomes: readonly Outcome[] }> {
  return new Recovery(options).run()
}

class Recovery {
  private readonly options: RecoveryOptions
  /** What was flushed; after it begins what has to be looked at. */
  private readonly flushedSeq: number
  /** What is in the tree. */
  private readonly settledSeq: number
  private readonly abandoned = new Set<number>()
  private readonly leftOut = new Map<FilePath, readonly Digest[]>()
  /** What those paths hold. The index is told so, though earlier records that were passed over are told to it too. */
  private readonly held = new Map<FilePath, PathState>()
  /** Records that were passed over, and are not told to the index. */
  private readonly undone = new Set<number>()
  private readonly usedStages: UsedStage[] = []
  private readonly outcomes: Outcome[] = []

  constructor(options: RecoveryOptions) {
    const { journal, paths, progress } = options
    this.options = options
    // What was released was flushed, whatever an index that was lost knows of it.
    const flushedSeq = Math.max(paths.settledSeq ?? 0, journal.begin.seq)
    this.flushedSeq = Math.min(flushedSeq, journal.last.seq)
    this.settledSeq = Math.max(this.flushedSeq, Math.min(progress.seq, journal.last.seq))
  }

  async run() {
    const { progress, paths } = this.options
    await this.sweepStages()
    if (this.options.isStated) return this.beforeStated()
    if (paths.settledSeq !== null) await this.mend()
    await this.sweepExchange()
    await this.tellIndex()
    if (progress.seq !== this.settledSeq) progress.set(this.settledSeq)
    const { settledSeq, leftOut, outcomes, usedStages } = this
    return { settledSeq, leftOut, outcomes, usedStages, tornSeq: this.tornSeq }
  }

  /** What was being done is done again by the settler. */
  private beforeStated() {
    const { paths, journal, hasRestarted } = this.options
    const tornSeq = hasRestarted ? journal.begin.seq : null
    const settledSeq = Math.min(paths.settledSeq ?? 0, journal.begin.seq)
    return { settledSeq, leftOut: this.leftOut, outcomes: this.outcomes, usedStages: [], tornSeq }
  }

  private get tornSeq(): number | null {
    const { hasRestarted, journal } = this.options
    return hasRestarted && this.settledSeq < journal.last.seq ? this.settledSeq + 1 : null
  }

  private async *entries(after: number, end: number): AsyncGenerator<JournalEntry> {
    const { journal, slices } = this.options
    for (let at = after; at < end; ) {
      for (const entry of journal.readAfter(at, readBytes)) {
        at = entry.record.seq
        if (at > end) return
        yield entry
      }
      if (slices.isUsedUp) await slices.next()
    }
  }

  /** What unsettled records may need stays. Also notes which records are abandoned. */
  private async sweepStages(): Promise<void> {
    const { journal, ground } = this.options
    const named = new Set<string>()
    for await (const { record } of this.entries(this.flushedSeq, journal.last.seq)) {
      const { change } = record
      if (change.type === 'abandoned') this.abandoned.add(change.abandonedSeq)
      const stage = bodyOf(change)?.stage
      if (stage == null) continue
      named.add(stage)
      if (record.seq <= this.settledSeq) this.usedStages.push({ seq: record.seq, stage })
    }
    for (const name of ground.stages.sweep({ has: name => named.has(name) || this.isGathered(name) }))
      if (!named.has(name)) ground.gatherings.found(name as StageId, gatheredFor(name))
  }

  /** Whether it is what has come of the content of a record that is still to be settled. */
  private isGathered(name: string): boolean {
    const { journal } = this.options
    const seq = gatheredFor(name)
    const entry = seq > this.settledSeq && seq <= journal.last.seq ? journal.at(seq) : null
    return entry !== null && gatheringId(entry) === name
  }

  /** What was put or extended and perhaps not flushed is what the records say, where it is now. */
  private async mend(): Promise<void> {
    const chains = new Chains()
    const { hasRestarted } = this.options
    const from = Math.max(this.flushedSeq, this.settledSeq - stretchMax)
    for await (const { record } of this.entries(from, this.settledSeq))
      if (!this.abandoned.has(record.seq)) chains.take(record)
    if (hasRestarted) await this.followRename(chains)
    for (const [path, chain] of chains.all()) {
      await this.mendPath(path as FilePath, chain, chains.pathsBefore(chain))
      if (this.options.slices.isUsedUp) await this.options.slices.next()
    }
  }

  /** The record behind `settledSeq` may have moved already what has to be looked at. */
  private async followRename(chains: Chains): Promise<void> {
    const { ground, journal } = this.options
    const record = this.tornSeq === null ? null : journal.at(this.tornSeq)!.record
    if (record?.change.type !== 'rename') return
    const { from, to } = record.change
    if ((await ground.digests.look(from, { deep: false })).is !== 'absent') return
    const place = exchangePlace(ground, record.seq, 0)
    const out = await lookAt(ground, place, null)
    const made = chains.of(from)?.made.at(-1)
    const isSource = sourceOf(record.change, made === undefined ? null : journal.at(made)!)
    const target = await ground.digests.look(to, { deep: true })
    if (out === null || (target.is === 'file' && isSource(target))) chains.take(record)
    else if (made === undefined || out.digest === resultOf(journal.at(made)!)) chains.forget(from)
    else this.moveBack(place, from)
  }

  /** A source that lost bytes is mended where it was, and is moved again. */
  private moveBack(place: Place, path: FilePath): void {
    const { disk, tree } = this.options.ground
    const site = tree.makeParent(path)
    try {
      disk.moveNew(place.folder, place.name, site.folder, site.name)
    } finally {
      disk.close(site.folder)
    }
  }

  private async mendPath(path: FilePath, chain: Chain, pathsBefore: readonly PathBefore[]): Promise<void> {
    const { journal, ground, hasRestarted } = this.options
    const entries = chain.made.map(seq => journal.at(seq)!)
    const results = entries.map(resultOf)
    const copy = await ground.digests.look(path, { deep: hasRestarted })
    const found = copy.is === 'file' ? copy.digest : null
    const earlier = chain.earlier.map(seq => journal.at(seq)!)
    const known = [...this.indexedAt(pathsBefore), ...earlier.flatMap(knownTo), ...entries.flatMap(knownTo)]
    if (this.mayBeTakenOut(path)) this.leftOut.set(path, known)
    if (found !== null && found === results.at(-1)) return
    if (!hasRestarted && (found === null || !known.includes(found))) return
    const rest = entries.slice(found === null ? 0 : results.lastIndexOf(found) + 1)
    if (!this.hasBytes(rest, found, known)) return this.leaveOut(path, [...earlier, ...entries], known, copy)
    for (const entry of rest) await this.installAt(path, entry, known)
  }

  /** What the index says that the file was. It knows all that was flushed, and perhaps some of what came after it. */
  private indexedAt(paths: readonly PathBefore[]): readonly Digest[] {
    return paths.flatMap(({ path, seq }) => {
      const state = this.options.paths.get(path as FilePath)
      return state?.is === 'file' && state.digest !== null && state.seq < seq ? [state.digest] : []
    })
  }

  /** Whether what the path held may lie between the tree and history, as the next record has put it there. */
  private mayBeTakenOut(path: FilePath): boolean {
    const change = this.options.journal.at(this.settledSeq + 1)?.record.change
    if (change === undefined || change.type === 'append') return false
    return pathsOf(change).some(at => isWithin(path, at))
  }

  /** Whether the rest of a path's records can be done with what is on this node. */
  private hasBytes(rest: readonly JournalEntry[], found: Digest | null, known: readonly Digest[]): boolean {
    const { stages } = this.options.ground
    const [first] = rest
    const isBase = found !== null && knownTo(first!).includes(found)
    const begins = first!.record.change.type === 'put' || isBase
    const isOlder = !begins && found !== null && known.includes(found)
    const hasAll = rest.every(({ record, body }) => {
      const needed = bodyOf(record.change)
      return needed === null || (needed.stage === null ? body !== null : stages.has(needed.stage))
    })
    return hasAll && (begins || (this.options.hasRestarted && !isOlder))
  }

  /** What `entries` made is not there, but for what made the copy. */
  private leaveOut(
    path: FilePath,
    entries: readonly JournalEntry[],
    known: readonly Digest[],
    copy: Copy,
  ): void {
    const found = copy.is === 'file' ? copy.digest : null
    const missing = entries.slice(found === null ? 0 : entries.map(resultOf).lastIndexOf(found) + 1)
    for (const { record } of missing) this.undone.add(record.seq)
    this.leftOut.set(path, known)
    if (copy.is !== 'file') return
    const seq = missing[0]!.record.seq - 1
    this.held.set(path, { seq, is: 'file', digest: copy.digest, size: copy.size })
  }

  private async installAt(path: FilePath, entry: JournalEntry, older: readonly Digest[]): Promise<void> {
    const { ground, slices, hasRestarted } = this.options
    const change = { ...entry.record.change, path } as JournalEntry['record']['change']
    const moved = { ...entry, record: { ...entry.record, change } }
    const work = new Work({ entry: moved, slices, older, afterPowerLoss: hasRestarted })
    await install(ground, work)
    const outcome = work.outcome()
    if (outcome.kept.length > 0 || outcome.replaced.length > 0) this.outcomes.push(outcome)
  }

  /** What records up to here left between the tree and history; of the next one it is taken up when that is settled. */
  private sweepExchange(): Promise<void> {
    const { ground, journal } = this.options
    return sweepExchange(ground, seq =>
      seq <= this.settledSeq ? (journal.at(seq)?.record.change ?? null) : null,
    )
  }

  private async tellIndex(): Promise<void> {
    const { paths, slices } = this.options
    const states = new PathStates({ index: paths, digests: null })
    for await (const { record } of this.entries(this.flushedSeq, this.settledSeq)) {
      if (this.abandoned.has(record.seq)) continue
      if (this.undone.has(record.seq)) states.tellPassedOver(record)
      else await states.tell(record, slices)
    }
    for (const [path, state] of this.held) paths.put(path, state)
  }
}

/** @returns whether a file is the source of a rename, whose content `last` made, perhaps without bytes that were lost. */
function sourceOf({ base, seen }: Rename, last: JournalEntry | null) {
  const size = last !== null && 'size' in last.record.change ? last.record.change.size : null
  return (file: { digest: Digest; size: number; mtimeMs: number }): boolean =>
    file.digest === base ||
    seen.includes(file.digest) ||
    (file.size === size && file.mtimeMs === last?.record.timeMs)
}

function resultOf({ record: { change } }: JournalEntry): Digest | null {
  return change.type === 'put' || change.type === 'append' ? change.digest : null
}

function knownTo({ record: { change } }: JournalEntry): Digest[] {
  if (change.type !== 'put' && change.type !== 'append') return []
  return [...(change.base === null ? [] : [change.base]), ...change.seen, change.digest]
}
