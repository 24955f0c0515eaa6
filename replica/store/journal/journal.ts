/**
 * The journal: every record in the order in which it was given, each durable before anybody is told so. It is the one
 * truth of a node; all else can be made anew from it. It lies in `.concur/journal/`:
 *
 *     <first seq>.segment   records, one behind the other (segment-header.ts, entry-codec.ts)
 *     prepared              the segment to come (next-segment.ts)
 *     begin                 behind which record it begins, when that is not the first one ever (begin-mark.ts)
 *     cut                   while records are dropped: up to where (cut-mark.ts)
 *     damaged-<seq>-<n>     what an opening set aside (recovery.ts)
 *
 * It knows nothing of what a record means, nor which are committed. Only one process has it open: the store's lock.
 */
import { ConcurError } from '../../../protocol/errors.ts'
import type { JournalEntry } from '../../../protocol/record.ts'
import { DiskError, type Fd } from '../disk.ts'
import { beginMark } from './begin-mark.ts'
import { cutMark } from './cut-mark.ts'
import { entryBytes } from './entry-codec.ts'
import { assertFollows } from './follows.ts'
import { GroupCommit, type Last, lastOf } from './group-commit.ts'
import { NextSegment } from './next-segment.ts'
import { type Cut, type Opened, openSegments } from './recovery.ts'
import { entriesStart } from './segment-header.ts'
import type { Segments } from './segments.ts'
import { failureOf, type JournalDisk, runSoon, type Steps } from './steps.ts'
import { type SegmentSizes, Tail } from './tail.ts'

const folderName = 'journal'
/** A segment is read at once when a journal is opened. */
const segmentBytesMax = 1024 * 1024 * 1024
const segmentBytesDefault = { min: 1024 * 1024, max: 32 * 1024 * 1024 }

export type { Cut, JournalDisk, Last }

export interface JournalOptions {
  readonly disk: JournalDisk
  /** `.concur`; stays open as long as the journal. */
  readonly folder: Fd
  /** Bytes of the longest segment. */
  readonly segmentBytes?: number
  /** Gives room free that was kept for what is appended, on a full disk; returns whether there was any. */
  readonly makeRoom?: () => boolean
  /** Called once: nothing can be appended any more, until the journal is opened anew. */
  readonly onFailed: (error: ConcurError) => void
  /** The disk is full: what was to be appended is refused, and what comes later may find room. */
  readonly onNoSpace?: () => void
}

export class Journal {
  /** What opening took off the end, for the log. */
  readonly cut: Cut | null
  /** Files in the journal's folder with what this opening or one before set aside. */
  readonly setAside: readonly string[]
  private readonly disk: JournalDisk
  private readonly folder: Fd
  private readonly segments: Segments
  private readonly next: NextSegment
  private readonly commit: GroupCommit
  private beginsBehind: Last
  private cutting: Promise<void> | null = null
  private releasing: Promise<void> | null = null
  private closed: Promise<void> | null = null

  /**
   * Opens the journal in `folder`, and makes it when there is none. All calls end before it returns.
   * @throws ConcurError USAGE when a newer version wrote it; DiskError.
   */
  static open(options: JournalOptions): Journal {
    const { disk } = options
    disk.makeFolder(options.folder, folderName)
    disk.flush(options.folder)
    const folder = disk.openBeneath(options.folder, folderName, 'folder')
    try {
      const opened = openSegments({ disk, folder })
      try {
        return new Journal(options, folder, opened)
      } catch (error) {
        opened.segments.close()
        throw error
      }
    } catch (error) {
      disk.close(folder)
      throw error
    }
  }

  private constructor(options: JournalOptions, folder: Fd, { segments, begin, cut, setAside }: Opened) {
    const { disk } = options
    this.disk = disk
    this.folder = folder
    this.segments = segments
    this.beginsBehind = begin
    this.cut = cut
    this.setAside = setAside
    const onFailed = (error: unknown) => this.commit.fail(failureOf(error).error)
    const makeRoom = options.makeRoom ?? (() => false)
    this.next = new NextSegment({ disk, folder, onFailed, makeRoom })
    const tail = new Tail({ disk, folder, segments, next: this.next, sizes: sizesOf(options.segmentBytes) })
    this.commit = new GroupCommit({
      last: this.lastAt(segments.offsets.last),
      write: entries => tail.write(entries),
      durableSeq: () => segments.offsets.last,
      onFailed: options.onFailed,
      ...(options.onNoSpace === undefined ? {} : { onNoSpace: options.onNoSpace }),
    })
  }

  /** The last record that was appended, durable or not. After a failed append, the last durable one. */
  get last(): Last {
    return this.commit.last
  }

  /** The record behind which the journal begins; seq 0: it has every record. */
  get begin(): Last {
    return this.beginsBehind
  }

  get durableSeq(): number {
    return this.commit.durableSeq
  }

  /** Why nothing can be appended any more, or null. */
  get failure(): ConcurError | null {
    return this.commit.failure
  }

  /**
   * Appends entries that follow from `last`; they are part of the journal at once, and must not change until the
   * promise has settled. It resolves when they and all before them are on the disk.
   * Rejected with NO_SPACE: they are not there, or, of several, only the first few; what was appended behind them is
   * rejected too, and `last` tells what to go on from. With IO_ERROR the same, and when `failure` is set, the journal
   * takes nothing any more, and whether they are there after a restart is unknown.
   * @throws Error when they do not follow, while records are dropped, after `close`.
   */
  append(entries: readonly JournalEntry[]): Promise<void> {
    if (this.closed !== null) throw new Error('the journal is closed')
    if (this.cutting !== null) throw new Error('records of the journal are being dropped')
    if (this.failure === null) assertFollows(this.last, entries)
    return this.commit.append(entries)
  }

  /**
   * Drops the records behind `seq`, after what is under way has settled. Returns when that is durable; a crash
   * before leaves all of them or none. Nothing may be appended meanwhile.
   * @throws ConcurError NO_SPACE: nothing was dropped; IO_ERROR: the journal takes nothing any more.
   */
  truncateAfter(seq: number): Promise<void> {
    if (!(Number.isSafeInteger(seq) && seq >= this.begin.seq)) throw new Error(`no seq to cut after: ${seq}`)
    return this.whileCutting(() => this.cutAfter(seq))
  }

  /**
   * Gives up every record, after what is under way has settled: the next one follows from `begin`, which none here is
   * known to lead to. Returns when that is durable; a crash before leaves the journal as it was, or this.
   * @throws as `truncateAfter`.
   */
  beginAt(begin: Last): Promise<void> {
    return this.whileCutting(() => this.replaceBegin(begin))
  }

  /**
   * Releases old segments of which no record is behind `seq`, never the last one. The journal begins later then; a crash
   * leaves it as it was, or so.
   * @throws as `truncateAfter`: nothing was released, or the journal takes nothing any more.
   */
  async releaseUpTo(seq: number): Promise<void> {
    if (this.closed !== null || this.cutting !== null || this.releasing !== null) return
    const until = this.segments.releasableUpTo(Math.min(seq, this.durableSeq))
    if (until === null || this.failure !== null) return
    this.releasing = this.release(this.lastAt(until)).finally(() => {
      this.releasing = null
    })
    return this.releasing
  }

  /** @throws ConcurError IO_ERROR when the record is damaged on the disk, or cannot be read. */
  at(seq: number): JournalEntry | null {
    return seq > this.begin.seq && seq <= this.last.seq ? this.readFrom(seq, 0)[0]! : null
  }

  /**
   * @returns consecutive entries behind `seq`, or behind where the journal begins, if that is later; at least one if there
   * is one; with more than one, no more than
   * `bytesMax` bytes of journal. There may be more.
   * @throws as `at`.
   */
  readAfter(seq: number, bytesMax: number): JournalEntry[] {
    const after = Math.max(seq, this.begin.seq)
    return after < this.last.seq ? this.readFrom(after + 1, bytesMax) : []
  }

  /** Returns when what is under way has settled and everything is closed. */
  close(): Promise<void> {
    this.closed ??= this.end()
    return this.closed
  }

  private async end(): Promise<void> {
    await this.cutting?.catch(() => {})
    await this.releasing?.catch(() => {})
    await this.commit.idle()
    await this.next.close()
    this.segments.close()
    this.disk.close(this.folder)
  }

  private whileCutting(cut: () => Promise<void>): Promise<void> {
    if (this.closed !== null || this.cutting !== null) throw new Error('the journal is closed, or being cut')
    this.cutting = this.cutWhenIdle(cut).finally(() => {
      this.cutting = null
    })
    return this.cutting
  }

  private async cutWhenIdle(cut: () => Promise<void>): Promise<void> {
    await this.releasing?.catch(() => {})
    await this.commit.idle()
    if (this.failure !== null) throw this.failure
    await cut()
  }

  private async cutAfter(seq: number): Promise<void> {
    if (seq >= this.last.seq) return
    const last = this.lastAt(seq)
    await this.begun(cutMark.place(this.disk, this.folder, seq))
    // From here on only the shorter journal exists, and an opening would finish the rest.
    this.commit.restartFrom(last)
    await this.finished(this.segments.cutAfter(seq))
    await this.finished(cutMark.remove(this.disk, this.folder))
  }

  private async replaceBegin(begin: Last): Promise<void> {
    await this.begun(beginMark.place(this.disk, this.folder, begin))
    this.beginsBehind = begin
    this.commit.restartFrom(begin)
    this.segments.clear(begin.seq)
  }

  private async release(begin: Last): Promise<void> {
    await this.begun(beginMark.place(this.disk, this.folder, begin))
    this.beginsBehind = begin
    this.segments.release(begin.seq)
  }

  /** Steps of which the last one decides; before it nothing has happened. */
  private async begun(steps: Steps): Promise<void> {
    try {
      await runSoon(this.disk, steps)
    } catch (cause) {
      const { error, isFinal } = failureOf(cause)
      if (isFinal) this.commit.fail(error)
      throw error
    }
  }

  private async finished(steps: Steps): Promise<void> {
    try {
      await runSoon(this.disk, steps)
    } catch (cause) {
      const error = new ConcurError('IO_ERROR', 'the journal could not be cut', { cause })
      this.commit.fail(error)
      throw error
    }
  }

  private lastAt(seq: number): Last {
    return seq === this.begin.seq ? this.begin : lastOf(this.readDurable(seq, 0)[0]!)
  }

  private readFrom(seq: number, bytesMax: number): JournalEntry[] {
    if (seq <= this.durableSeq) return this.readDurable(seq, bytesMax)
    const entries: JournalEntry[] = []
    let bytes = 0
    for (const entry of this.commit.from(seq)) {
      bytes += entryBytes(entry)
      if (entries.length > 0 && bytes > bytesMax) break
      entries.push(entry)
    }
    return entries
  }

  private readDurable(seq: number, bytesMax: number): JournalEntry[] {
    try {
      return this.segments.read(seq, bytesMax)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      throw new ConcurError('IO_ERROR', `record ${seq} of the journal cannot be read`, { cause: error })
    }
  }
}

function sizesOf(max = segmentBytesDefault.max): SegmentSizes {
  if (max < entriesStart * 2 || max > segmentBytesMax) throw new Error(`a segment of ${max} bytes`)
  return { min: Math.min(segmentBytesDefault.min, max), max }
}
