/**
 * Keeps an eye on what people do to the tree past the server: a scan at the start and every hour is the truth, a watcher
 * hints at what happens in between. It finds and tells, and changes nothing but what a record could not put into place. One thing is looked at after the other, in
 * small pieces of time. Clause: ../README.md "What happens behind the server's back".
 */

import { markedName } from '../../../protocol/conflicts.ts'
import { ConcurError } from '../../../protocol/errors.ts'
import { markedNamesMax } from '../../../protocol/limits.ts'
import type { FilePath } from '../../../protocol/path.ts'
import { DiskError } from '../disk.ts'
import { type Pace, Slices } from '../slices.ts'
import { BackgroundReads } from './background-reads.ts'
import type { Closed } from './closed.ts'
import { Findings } from './findings.ts'
import { FolderHints } from './folder-hints.ts'
import type { LookoutGround } from './ground.ts'
import { isTooMuch, type Tally } from './guard.ts'
import { HeldCopy } from './held-copy.ts'
import { Hints } from './hints.ts'
import { KeptFile } from './kept-file.ts'
import { Obstacles } from './obstacles.ts'
import { type Looked, PathLook } from './path-look.ts'
import type { News, TreeReport } from './report.ts'
import { emptiedFilesMin } from './root-check.ts'
import { RootGuard } from './root-guard.ts'
import { type Scanned, scan } from './scan.ts'
import { ScanTimes } from './scan-times.ts'
import { SettledPaths } from './settled-paths.ts'
import { WatchPoll } from './watch-poll.ts'
import type { Watcher } from './watcher.ts'

/** Of a scan, and of hints: at most an eighth of this thread's time. */
const pace: Pace = { workMs: 3, restMs: 20 }
/** Changes after which there may be other files than before. */
const counted: ReadonlySet<string> = new Set(['put', 'append', 'delete', 'rename'])
/** Polls between two looks at where the root's name leads. */
const pollsBetweenRootChecks = 40

export interface LookoutOptions {
  readonly ground: LookoutGround
  /** Null: nobody hints at anything. Belongs to the lookout from now on. */
  readonly watcher: Watcher | null
  /** Somebody says that the copy is as it should be: the first scan counts, whatever it finds. */
  readonly isMeant?: boolean
  readonly onNews: (news: News) => void
}

interface LastScan extends Scanned {
  readonly beganMs: number
  readonly marks: number
}

export class Lookout {
  private readonly options: LookoutOptions
  private readonly findings: Findings
  private readonly hints = new Hints()
  private readonly folders: FolderHints
  private readonly obstacles: Obstacles
  private readonly copy: HeldCopy
  private readonly root: RootGuard
  private readonly times: ScanTimes
  private readonly settled: SettledPaths
  private readonly reads: BackgroundReads
  private readonly watch: WatchPoll | null
  private last: LastScan | null = null
  private isMeant: boolean
  private isScanDue = false
  private isStopped = false
  private working: Promise<void> | null = null
  private polls = 0
  private stopListening: () => void = () => {}

  constructor(options: LookoutOptions) {
    const { ground, watcher, isMeant = false } = options
    this.options = options
    this.isMeant = isMeant
    this.findings = new Findings({ pathLook: new PathLook(ground) })
    const { findings, hints } = this
    this.folders = new FolderHints({ ...ground, watcher, findings, look: path => this.look(path) })
    const own = { disk: ground.disk, folder: ground.own }
    this.obstacles = new Obstacles({
      ...{ ground, findings, file: new KeptFile(own) },
      onInstalled: path => this.tell('info', 'installed what was kept back', { path }),
    })
    this.copy = new HeldCopy(own)
    this.root = new RootGuard({ ...options, look: path => this.look(path) })
    this.times = new ScanTimes({ ...ground, onDue: () => this.scanNow() })
    this.reads = new BackgroundReads({ ...ground, findings, onRead: () => this.suspectTooMuch() })
    this.settled = new SettledPaths({
      ...{ findings, hints, timers: ground.timers },
      onKept: ({ isNew, ...kept }) => {
        if (isNew) this.copy.keptBack()
        this.tell('warn', 'kept back', kept)
      },
      onHints: isWhole => this.hinted(isWhole),
    })
    const onPolled = (isWhole: boolean): void => this.polled(isWhole)
    const onUnwatched = (reason: string): void => this.tell('warn', 'not everything is watched', { reason })
    this.watch = watcher === null ? null : new WatchPoll({ ...ground, watcher, hints, onPolled, onUnwatched })
  }

  start(): void {
    const { settler, recovered } = this.options.ground
    this.stopListening = settler.listen({
      onSettled: (_, outcomes, change) => {
        this.settled.onSettled(outcomes, change)
        if (counted.has(change.type)) this.times.changed()
      },
    })
    this.obstacles.recall()
    this.settled.noteKept(recovered)
    this.scanNow()
    this.watch?.start()
  }

  report(): TreeReport {
    const { last } = this
    const isCounted = last !== null && last.unreadFolders === 0
    return {
      files: isCounted ? last.files : null,
      bytes: isCounted ? last.bytes : null,
      scanAgeMs: last === null ? null : Math.round(this.options.ground.clock.monotonicMs() - last.beganMs),
      marks: last === null ? null : this.findings.marks.count,
      held: this.copy.held,
      unwatched: this.options.watcher?.unwatched ?? null,
    }
  }

  /** What the server may not read or move, at the last scan; null: there was none yet. */
  closed(): Closed | null {
    return this.last?.closed ?? null
  }

  /** The names of marked paths, as many as a heartbeat has room for. */
  marked(): number[] {
    return this.findings.marks.first(markedNamesMax).map(markedName)
  }

  /** A scan begins as soon as what is being looked at now is done. */
  scanNow(): void {
    this.isScanDue = true
    this.wake()
  }

  /** Settles when nothing is looked at. */
  async atRest(): Promise<void> {
    while (this.working !== null) await this.working
  }

  /** Settles when nothing is looked at any more; before the store is closed. */
  async stop(): Promise<void> {
    this.isStopped = true
    this.stopListening()
    for (const part of [this.watch, this.times, this.settled, this.reads]) part?.stop()
    await this.atRest()
    this.options.watcher?.close()
    if (this.options.ground.fence.isFenced) return
    this.copy.save()
    this.obstacles.remember()
  }

  private wake(): void {
    if (this.working !== null || this.isStopped) return
    const { timers, onFault } = this.options.ground
    this.working = new Promise<void>(resolve => timers.endOfTurn(resolve))
      .then(() => this.work())
      .catch(onFault)
      .finally(() => {
        this.working = null
        this.reads.begin()
      })
  }

  private async work(): Promise<void> {
    while (!this.isStopped) {
      if (!this.hints.isEmpty) await this.lookAtHints()
      else if (this.isScanDue) await this.scanOnce()
      else return
    }
  }

  private look(path: FilePath): Looked {
    const looked = this.findings.look(path)
    if (looked.is === 'unsettled' && !this.hints.wait(path)) this.times.soon()
    return looked
  }

  private async lookAtHints(): Promise<void> {
    await this.folders.lookAt(this.hints.takeAll(), this.slices(), () => this.isStopped)
    await this.tryKept()
    this.suspectTooMuch()
  }

  /** Into a copy that is held nothing is put but what records say now. */
  private async tryKept(): Promise<void> {
    if (this.copy.held === null) await this.obstacles.tryAgain(this.slices(), () => this.isStopped)
  }

  /** So much at once is looked into soon; and whether it is over, when there is less of it. */
  private suspectTooMuch(): void {
    const { last, copy, findings } = this
    if (last === null) return
    const { count } = findings.marks
    const isOver = copy.held !== null && count < last.marks
    if (isOver || isSuspicious(count - last.marks, last.tally.files)) this.times.soon()
  }

  private async scanOnce(): Promise<void> {
    const { ground, watcher } = this.options
    this.isScanDue = false
    const beganMs = ground.clock.monotonicMs()
    this.root.check()
    this.findings.beginScan()
    let scanned: Scanned | null = null
    try {
      scanned = await this.scanned()
    } finally {
      this.findings.endScan(scanned !== null)
      this.times.ended(beganMs, watcher !== null && watcher.unwatched === null)
    }
    if (scanned === null || this.isStopped) return
    this.onScanned(scanned, beganMs)
    await this.tryKept()
  }

  /** What is marked already is met first: what does not deviate any more takes no place. */
  private async scanned(): Promise<Scanned | null> {
    const slices = this.slices()
    const look = (path: FilePath): Looked => this.look(path)
    const isOver = (): boolean => this.isStopped
    try {
      for (const path of this.findings.marks.paths()) {
        if (isOver()) return null
        look(path)
        if (slices.isUsedUp) await slices.next()
      }
      return await scan({ ...this.options.ground, watcher: this.options.watcher, slices, look, isOver })
    } catch (error) {
      if (!(error instanceof ConcurError || error instanceof DiskError)) throw error
      this.tell('warn', 'the tree could not be looked through', { reason: error.message })
      return null
    }
  }

  private onScanned(scanned: Scanned, beganMs: number): void {
    const { fence, clock } = this.options.ground
    const { files, bytes, unreadFolders, tally } = scanned
    const marks = this.findings.marks.count
    this.last = { ...scanned, beganMs, marks }
    const ms = Math.round(clock.monotonicMs() - beganMs)
    this.tell('info', 'scan', { files, bytes, marks, unreadFolders, ms })
    if (fence.isFenced) return
    const isRootEmptied = this.root.isEmptied(scanned)
    if (isRootEmptied && !this.copy.isEmptied && !this.isMeant) return this.root.onEmptied()
    this.judge(tally, isRootEmptied)
  }

  private judge(tally: Tally, isRootEmptied: boolean): void {
    const { copy, isMeant } = this
    const before = copy.held
    copy.judge(tally, { isEmptied: isRootEmptied, isMeant })
    this.isMeant = false
    if (copy.held === before) return
    if (copy.held === null) this.tell('info', 'the copy is held no more', {})
    else this.tell('warn', 'the copy is held', { reason: copy.held })
  }

  private polled(isWhole: boolean): void {
    if (++this.polls % pollsBetweenRootChecks === 0) this.root.check()
    this.hinted(isWhole)
  }

  private hinted(isWhole: boolean): void {
    if (!isWhole) this.times.soon()
    this.wake()
  }

  private slices(): Slices {
    return new Slices({ ...this.options.ground, pace })
  }

  private tell(level: News['level'], message: string, fields: News['fields']): void {
    this.options.onNews({ level, message, fields })
  }
}

/** Whether so many paths more may be too much, or all that there is. */
function isSuspicious(more: number, files: number): boolean {
  return isTooMuch({ files, missing: more, changed: 0 }, 0) || (files >= emptiedFilesMin && more >= files)
}
