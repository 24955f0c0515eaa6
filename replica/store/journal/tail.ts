/**
 * Writing at the end of the journal: one gathered write and one flush for entries that fit into the last segment,
 * and the step to the next segment. One call at a time.
 *
 * A write rests on what disks promise of a sector: one that is written again keeps the bytes that stay the same, be
 * it torn or not. The last entry's sector is written again with the next batch.
 */
import type { JournalEntry } from '../../../protocol/record.ts'
import type { Fd } from '../disk.ts'
import { encodeEntry, entryBytes } from './entry-codec.ts'
import type { NextSegment, Prepared } from './next-segment.ts'
import { preparedName } from './next-segment.ts'
import { encodeHeader, entriesStart, type SegmentHeader, saltOf, segmentName } from './segment-header.ts'
import type { Segment, Segments } from './segments.ts'
import { failureOf, flushed, freeBytesOf, type JournalDisk, runSoon } from './steps.ts'

const entriesMax = 256
const batchBytesMax = 4 * 1024 * 1024
/** A buffer up to this long is used again. */
const keptBytesMax = 1024 * 1024

/** A segment takes no more than this share of what is free, one in so many, so that others find room beside it. */
const freeShare = 8
const pageBytes = 4096
/** Room for a few more, in a segment that is made on a disk that is nearly full. */
const tightBytes = 64 * 1024

/** Bytes of a segment: as many as all before it together, so that a small journal is a small file. */
export interface SegmentSizes {
  readonly min: number
  readonly max: number
}

export interface TailOptions {
  readonly disk: JournalDisk
  readonly folder: Fd
  readonly segments: Segments
  readonly next: NextSegment
  readonly sizes: SegmentSizes
}

export class Tail {
  private readonly options: TailOptions
  private buffer = Buffer.alloc(0)

  constructor(options: TailOptions) {
    this.options = options
  }

  /**
   * Returns when the first of the entries, as many as make one batch, are on the disk and part of the segments.
   * `entries`: at least one, behind the last record of the segments.
   * @throws DiskError: nothing of them is left where records are; whether there may be a next write, `failureOf` says.
   */
  async write(entries: readonly JournalEntry[]): Promise<void> {
    const { disk, segments } = this.options
    let batch = this.thoseThatFit(entries)
    if (batch.length === 0) {
      await this.enterNext(entries[0]!)
      batch = this.thoseThatFit(entries)
    }
    const segment = segments.last!
    const bytes = this.gather(batch, segment)
    const file = segments.file(segment)
    try {
      await disk.writeSoon(file, bytes, segment.end)
    } catch (error) {
      if (!failureOf(error).isFinal) await this.cutBack(error)
      throw error
    }
    await flushed(disk.flushDataSoon(file))
    for (const entry of batch) segments.extend(entryBytes(entry))
    this.prepareNext(segment)
  }

  /** Takes back what was written in part. @throws Error, after which nothing may be written any more. */
  private async cutBack(reason: unknown): Promise<void> {
    try {
      await runSoon(this.options.disk, this.options.segments.endLast())
    } catch {
      throw new Error('what was written in part could not be taken back', { cause: reason })
    }
  }

  private thoseThatFit(entries: readonly JournalEntry[]): readonly JournalEntry[] {
    const segment = this.options.segments.last
    if (segment === null) return []
    const bytesMax = Math.min(batchBytesMax, segment.size - segment.end)
    let bytes = 0
    let count = 0
    for (; count < Math.min(entries.length, entriesMax); count++) {
      bytes += entryBytes(entries[count]!)
      if (bytes > bytesMax) break
    }
    return entries.slice(0, count)
  }

  private gather(batch: readonly JournalEntry[], segment: Segment): Buffer {
    const durableSeq = this.options.segments.offsets.last
    const bytes = batch.reduce((sum, entry) => sum + entryBytes(entry), 0)
    const into = this.bufferOf(bytes)
    let offset = 0
    for (const entry of batch) {
      const to = { into, offset, at: segment.end + offset, salt: segment.salt, durableSeq }
      offset += encodeEntry(entry, to)
    }
    return into
  }

  private bufferOf(bytes: number): Buffer {
    if (bytes > keptBytesMax) return Buffer.allocUnsafeSlow(bytes)
    if (bytes > this.buffer.length)
      this.buffer = Buffer.allocUnsafeSlow(Math.min(keptBytesMax, Math.max(bytes, this.buffer.length * 2)))
    return this.buffer.subarray(0, bytes)
  }

  /** Begins a new segment with `entry`. Its header is on the disk before it has its name, and its name before a record is. */
  private async enterNext(entry: JournalEntry): Promise<void> {
    const { disk, folder, segments, next } = this.options
    const { seq: firstSeq, previous } = entry.record
    // It was made for a shorter record, and the new one will have its name.
    if (segments.last?.end === entriesStart) await runSoon(disk, segments.endLast())
    const prepared = await next.take(this.sizesFor(entry))
    const header = { firstSeq, previous, salt: saltOf(entry.hash) }
    try {
      await disk.writeSoon(prepared.file, encodeHeader(header), 0)
      await flushed(disk.flushDataSoon(prepared.file))
      disk.rename(folder, preparedName, segmentName(firstSeq))
    } catch (error) {
      next.discard(prepared.file)
      throw error
    }
    this.add(header, prepared)
    await flushed(disk.flushSoon(folder))
  }

  private add({ firstSeq, salt }: SegmentHeader, { file, size }: Prepared): void {
    const segment = { name: segmentName(firstSeq), firstSeq, salt, size, end: entriesStart }
    this.options.segments.add(segment, file)
  }

  private nextSize(): number {
    const { segments, sizes } = this.options
    const free = freeBytesOf(this.options.disk, this.options.folder)
    const bytes = Math.min(sizes.max, segments.bytes, free / freeShare)
    return Math.max(sizes.min, Math.floor(bytes / pageBytes) * pageBytes)
  }

  /** Sizes of a segment that begins with the entry, the best first: room for it alone is enough where there is no more. */
  private sizesFor(entry: JournalEntry): number[] {
    const { min } = this.options.sizes
    const least = entriesStart + entryBytes(entry)
    const tight = Math.max(least, Math.min(min, Math.ceil((least + tightBytes) / pageBytes) * pageBytes))
    const sizes = [Math.max(least, this.nextSize()), Math.max(least, min), tight]
    return sizes.filter((size, at) => size !== sizes[at - 1])
  }

  /** So early that it is there when it is needed: when the last segment is half full. */
  private prepareNext(segment: Segment): void {
    if (segment.end * 2 > segment.size) this.options.next.prepare(() => this.nextSize())
  }
}
