/**
 * `.concur/log.json`: a line for each change that is settled here, for people and their tools. Made from the journal,
 * which stays the truth: lines that are missing are made from it again, a torn last one is cut, none comes twice.
 * The log never holds up a change: what could not be written is made from the journal later.
 */
import {
  isCarried,
  type JournalEntry,
  type JournalRecord,
  type LockChange,
  opTypeOf,
} from '../../protocol/record.ts'
import { type JournalReader, stretchMax } from './ahead.ts'
import { type Disk, DiskError, type Fd, newStat, readFully } from './disk.ts'
import type { Slices } from './slices.ts'

const fileName = 'log.json'
/** Longer than any two lines: paths may be written with escapes. */
const tailBytes = 256 * 1024
const readBytes = 1024 * 1024
const bufferedBytesMax = 1024 * 1024
/** The last time that has a name. */
const lastTimeMs = 8.64e15

export class AuditLog {
  /** Lines up to this record are in the file. */
  loggedSeq: number
  private readonly disk: Disk
  private readonly file: Fd
  private size: number
  private lines: string[] = []
  private bufferedBytes = 0
  /** Of the last record whose line is in the file or in `lines`; null: some are missing behind `loggedSeq`. */
  private bufferedSeq: number | null = null

  /** `folder`: the server's own. A torn line is cut. @throws DiskError. */
  constructor(options: { disk: Disk; folder: Fd }) {
    this.disk = options.disk
    this.file = options.disk.openOwn(options.folder, fileName)
    try {
      const { size, seq } = this.readEnd()
      this.size = size
      this.loggedSeq = seq
    } catch (error) {
      this.disk.close(this.file)
      throw error
    }
  }

  /** The record was settled. Those before it were told, or are made from the journal with the next `mend`. */
  add(record: JournalRecord): void {
    if (this.bufferedSeq === null) return
    this.bufferedSeq = record.seq
    const line = lineOf(record)
    if (line === null) return
    this.lines.push(line)
    this.bufferedBytes += line.length
    if (this.bufferedBytes > bufferedBytesMax) this.flush()
  }

  /** Writes what was added. @returns whether nothing is missing in the file now. */
  flush(): boolean {
    if (this.bufferedSeq === null) return false
    const seq = this.bufferedSeq
    try {
      this.write(this.lines.join(''))
      this.loggedSeq = seq
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.bufferedSeq = null
    }
    this.lines = []
    this.bufferedBytes = 0
    return this.bufferedSeq !== null
  }

  /** Makes the lines that are missing up to the settled record `seq`. */
  async mend(journal: JournalReader, seq: number, slices: Slices): Promise<void> {
    const abandoned = await this.abandonedIn(journal, seq, slices)
    // What the journal has no more, or never had here, gets no line.
    this.bufferedSeq = Math.max(this.loggedSeq, Math.min(seq, journal.begin.seq))
    while (this.bufferedSeq !== null && this.bufferedSeq < seq) {
      for (const { record } of journal.readAfter(this.bufferedSeq, readBytes)) {
        if (record.seq > seq) break
        if (abandoned.has(record.seq)) this.bufferedSeq = record.seq
        else this.add(record)
        if (this.bufferedSeq === null) return
      }
      if (slices.isUsedUp) await slices.next()
    }
    this.flush()
  }

  /** What came behind the record `seq` was taken back. Its lines stay; behind them stands what became of each path. */
  takeBack(
    seq: number,
    timeMs: number,
    paths: readonly { path: string; is: string; digest: string | null }[],
  ): void {
    this.flush()
    const common = { epoch: null, seq, time: timeText(timeMs), client: null, type: 'forked' }
    const lines = paths.map(({ path, is, digest }) => JSON.stringify({ ...common, path, is, digest }))
    this.write([JSON.stringify({ ...common, path: null, is: null, digest: null }), ...lines, ''].join('\n'))
    this.loggedSeq = seq
    this.bufferedSeq = seq
  }

  close(): void {
    this.disk.close(this.file)
  }

  private async abandonedIn(journal: JournalReader, seq: number, slices: Slices): Promise<Set<number>> {
    const abandoned = new Set<number>()
    const end = Math.min(journal.durableSeq, seq + stretchMax)
    for (let at = Math.max(this.loggedSeq, journal.begin.seq); at < end; ) {
      const entries: JournalEntry[] = journal.readAfter(at, readBytes)
      for (const { record } of entries) {
        at = record.seq
        if (record.change.type === 'abandoned') abandoned.add(record.change.abandonedSeq)
      }
      if (slices.isUsedUp) await slices.next()
    }
    return abandoned
  }

  private write(text: string): void {
    if (text === '') return
    const bytes = Buffer.from(text)
    try {
      this.disk.write(this.file, bytes, this.size)
    } catch (error) {
      this.disk.truncate(this.file, this.size)
      throw error
    }
    this.size += bytes.length
  }

  /** Cuts what is no whole line. */
  private readEnd(): { size: number; seq: number } {
    const stat = newStat()
    this.disk.stat(this.file, stat)
    const from = Math.max(0, stat.size - tailBytes)
    const bytes = Buffer.alloc(stat.size - from)
    const tail = bytes.subarray(0, readFully(this.disk, this.file, bytes, from))
    for (let end = tail.lastIndexOf(10); end >= 0; end = tail.lastIndexOf(10, end - 1)) {
      const begin = end === 0 ? 0 : tail.lastIndexOf(10, end - 1) + 1
      const seq = seqOf(tail.toString('utf8', begin, end))
      if (seq !== null) return { size: this.cutTo(from + end + 1, stat.size), seq }
      if (begin === 0) break
    }
    return { size: this.cutTo(from === 0 ? 0 : stat.size, stat.size), seq: 0 }
  }

  private cutTo(size: number, now: number): number {
    if (size < now) this.disk.truncate(this.file, size)
    return size
  }
}

function seqOf(line: string): number | null {
  try {
    const { seq } = JSON.parse(line) as { seq: unknown }
    return typeof seq === 'number' && Number.isSafeInteger(seq) ? seq : null
  } catch {
    return null
  }
}

/** @returns null for what is neither a change of the tree nor of who holds a lock. */
function lineOf(record: JournalRecord): string | null {
  const { epoch, seq, timeMs, client, change } = record
  const { type } = change
  if (type === 'begin' || type === 'join' || type === 'leave' || type === 'abandoned') return null
  if (type === 'lock' || type === 'unlock') return lockLineOf(record, change)
  const hasContent = type === 'put' || type === 'append'
  return `${JSON.stringify({
    epoch: epoch.number,
    seq,
    time: timeText(timeMs),
    client,
    type: opTypeOf(change),
    path: type === 'rename' ? change.to : change.path,
    from: type === 'rename' ? change.from : null,
    size: hasContent ? change.size : null,
    digest: hasContent ? change.digest : null,
  })}\n`
}

/** A lock that is written anew, and nothing else of it, gets none. */
function lockLineOf({ epoch, seq, timeMs, client }: JournalRecord, change: LockChange): string | null {
  if (isCarried({ client, change })) return null
  const { type, lockedPath: path, from: peer } = change
  const common = { epoch: epoch.number, seq, time: timeText(timeMs), client, type, path }
  const how = type === 'lock' ? { holder: change.holder, ttlMs: change.ttlMs } : { how: change.how }
  const token = change.token ?? seq
  return `${JSON.stringify({ ...common, from: null, size: null, digest: null, token, ...how, peer })}\n`
}

function timeText(timeMs: number): string {
  return new Date(Math.min(timeMs, lastTimeMs)).toISOString()
}
