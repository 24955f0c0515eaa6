/**
 * The segments of an open journal and the place of each record in them. Knows nothing of the record that is being
 * written: what is here is on the disk. Descriptors are opened when they are needed, and few stay open.
 */
import { ConcurError } from '../../../protocol/errors.ts'
import { type JournalEntry, readEntry } from '../../../protocol/record.ts'
import { DiskError, type Fd, readFully } from '../disk.ts'
import { checkEntry, entryAt } from './entry-codec.ts'
import { Offsets } from './offsets.ts'
import { entriesStart } from './segment-header.ts'
import type { JournalDisk, Steps } from './steps.ts'

const openMax = 8
const readBytesMax = 4 * 1024 * 1024

export interface Segment {
  readonly name: string
  readonly firstSeq: number
  readonly salt: number
  /** Bytes of the file; what is behind `end` is zeros. */
  size: number
  /** Where the next entry begins. */
  end: number
}

export class Segments {
  readonly list: Segment[] = []
  readonly offsets = new Offsets()
  private readonly disk: JournalDisk
  private readonly folder: Fd
  /** How many were taken off the front of the list. */
  private released = 0
  /** By name, the one used last at the end. */
  private readonly open = new Map<string, Fd>()

  constructor(options: { disk: JournalDisk; folder: Fd }) {
    this.disk = options.disk
    this.folder = options.folder
  }

  get last(): Segment | null {
    return this.list.at(-1) ?? null
  }

  /** Bytes of all segments' files together. */
  get bytes(): number {
    return this.list.reduce((sum, { size }) => sum + size, 0)
  }

  /** `file`: the segment's descriptor, which belongs here from now on. */
  add(segment: Segment, file: Fd): void {
    this.list.push(segment)
    this.open.set(segment.name, file)
    this.closeSome()
  }

  /** Notes an entry at the end of the last segment. */
  extend(bytes: number): void {
    const segment = this.last!
    this.offsets.push(this.released + this.list.length - 1, segment.end)
    segment.end += bytes
  }

  /** @returns the segment's descriptor; that of the last one stays open until the segment is not the last. */
  file(segment: Segment): Fd {
    const file = this.open.get(segment.name) ?? this.disk.openOwn(this.folder, segment.name)
    this.open.delete(segment.name)
    this.open.set(segment.name, file)
    this.closeSome()
    return file
  }

  /**
   * Reads consecutive entries of one segment, from `seq` on, a record that is here; at least one, and no more than
   * `bytesMax` bytes of the segment.
   * @throws ConcurError IO_ERROR when what is on the disk is not what was written; DiskError.
   */
  read(seq: number, bytesMax: number): JournalEntry[] {
    const from = this.offsets.placeOf(seq)
    const segment = this.segmentOf(seq)
    const until = this.untilOf(seq, Math.min(bytesMax, readBytesMax))
    const bytes = Buffer.allocUnsafeSlow(until - from.at)
    const found = bytes.subarray(0, readFully(this.disk, this.file(segment), bytes, from.at))
    const entries: JournalEntry[] = []
    for (let offset = 0; offset < bytes.length; ) {
      const size = checkEntry(found, offset, { at: from.at + offset, salt: segment.salt })
      entries.push(decode(found, offset, { size, seq: seq + entries.length }))
      offset += size
    }
    return entries
  }

  /** @returns where the last entry ends that is to be read together with `seq`. */
  private untilOf(seq: number, bytesMax: number): number {
    const from = this.offsets.placeOf(seq)
    let until = this.endOf(seq)
    for (let next = seq + 1; next <= this.offsets.last; next++) {
      if (this.offsets.placeOf(next).segment !== from.segment) break
      const end = this.endOf(next)
      if (end - from.at > bytesMax) break
      until = end
    }
    return until
  }

  /** @returns where the entry of `seq` ends in its segment. */
  endOf(seq: number): number {
    const { segment } = this.offsets.placeOf(seq)
    const next = seq < this.offsets.last ? this.offsets.placeOf(seq + 1) : null
    return next?.segment === segment ? next.at : this.segmentOf(seq).end
  }

  /** Ends the journal with the record `seq`: the file that has it is cut behind it, later ones are removed. */
  *cutAfter(seq: number): Steps {
    const isEmpty = seq <= this.offsets.before
    const count = isEmpty ? 0 : this.offsets.placeOf(seq).segment + 1 - this.released
    const end = isEmpty ? entriesStart : this.endOf(seq)
    this.offsets.cutAfter(seq)
    while (this.list.length > count) this.remove(this.list.pop()!)
    yield this.folder
    const segment = this.last
    if (segment !== null) yield* this.cutOff(segment, end)
  }

  /** @returns the last record of the longest row of old segments that end with `seq` or before; null: there is none. */
  releasableUpTo(seq: number): number | null {
    const next = this.list.findLast(({ firstSeq }, at) => at > 0 && firstSeq <= seq + 1)
    return next === undefined ? null : next.firstSeq - 1
  }

  /**
   * The journal begins behind the record `seq`, the last one of a segment: what is before goes. A file that the disk does not
   * let go of is removed by the next opening, and so is one that a loss of power brings back.
   */
  release(seq: number): void {
    this.offsets.release(seq)
    while (this.list[0]!.firstSeq <= seq) {
      this.released++
      this.removeIfPossible(this.list.shift()!)
    }
  }

  /** The journal has no record, and its first one will be the one behind `seq`. Files go as in `release`. */
  clear(seq: number): void {
    this.offsets.beginAfter(seq)
    this.released = 0
    for (const segment of this.list.splice(0)) this.removeIfPossible(segment)
  }

  /** Ends the last segment where its last entry does; one without entries is removed. Nothing is written to it any more. */
  *endLast(): Steps {
    const segment = this.last!
    if (segment.end > entriesStart) return yield* this.cutOff(segment, segment.end)
    this.remove(this.list.pop()!)
    yield this.folder
  }

  close(): void {
    for (const file of this.open.values()) this.disk.close(file)
    this.open.clear()
  }

  private segmentOf(seq: number): Segment {
    return this.list[this.offsets.placeOf(seq).segment - this.released]!
  }

  private *cutOff(segment: Segment, end: number): Steps {
    const file = this.file(segment)
    segment.size = end
    segment.end = end
    this.disk.truncate(file, end)
    yield file
  }

  private remove({ name }: Segment): void {
    const file = this.open.get(name)
    this.open.delete(name)
    if (file !== undefined) this.disk.close(file)
    this.disk.remove(this.folder, name)
  }

  private removeIfPossible(segment: Segment): void {
    try {
      this.remove(segment)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
    }
  }

  private closeSome(): void {
    for (const [name, file] of this.open) {
      if (this.open.size <= openMax) return
      if (name === this.last?.name) continue
      this.open.delete(name)
      this.disk.close(file)
    }
  }
}

function decode(bytes: Buffer, offset: number, expected: { size: number; seq: number }): JournalEntry {
  if (expected.size > 0 && entryAt.seq(bytes, offset) === expected.seq) {
    const entry = readEntry(entryAt.record(bytes, offset), entryAt.body(bytes, offset))
    if (entry.hash === entryAt.hash(bytes, offset) && entry.record.seq === expected.seq) return entry
  }
  throw new ConcurError('IO_ERROR', `record ${expected.seq} of the journal is damaged on the disk`)
}
