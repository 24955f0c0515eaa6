/**
 * The time that this node has seen pass, summed over its runs: `.concur/seen`, written now and then, so that a crash
 * loses some of it and nothing ages before its time. Knows no wall clock. A file that is missing or damaged begins anew:
 * everything is as old as this run then. Clause: ../README.md "How history ends".
 */
import { crc32 } from 'node:zlib'
import type { Clock } from '../../../protocol/world.ts'
import { type Disk, DiskError, type Fd, isFailedFlush } from '../disk.ts'
import { replaceDurably } from '../durable-file.ts'
import { readText } from '../fence.ts'
import { type Dates, filedBy, noticedMax, type Sample, sampled, samplesUpTo, seqFiledBy } from './ages.ts'

const fileName = 'seen'

interface Content {
  readonly seenMs: number
  readonly samples: readonly Sample[]
  readonly noticed: Readonly<Record<string, number>>
}

export interface SeenTimeOptions {
  readonly disk: Disk
  /** The server's own. */
  readonly folder: Fd
  readonly clock: Pick<Clock, 'monotonicMs'>
}

export class SeenTime {
  private readonly options: SeenTimeOptions
  private readonly beganMs: number
  private readonly baseMs: number
  private samples: readonly Sample[]
  private readonly noticed: Map<string, number>

  constructor(options: SeenTimeOptions) {
    const { disk, folder, clock } = options
    this.options = options
    this.beganMs = clock.monotonicMs()
    const content = read(disk, folder)
    this.baseMs = content?.seenMs ?? 0
    this.samples = content?.samples ?? []
    this.noticed = new Map(Object.entries(content?.noticed ?? {}))
  }

  /**
   * Up to here everything is settled and flushed. What is there and has no date gets this moment's; and of records that were taken back others
   * get the numbers. @throws DiskError.
   */
  begin(settledSeq: number): void {
    if (this.samples.length === 0) this.sample(settledSeq, 0)
    else if (this.lastSeq > settledSeq) this.cutBehind(settledSeq)
  }

  get nowMs(): number {
    return this.baseMs + Math.max(0, Math.floor(this.options.clock.monotonicMs() - this.beganMs))
  }

  get dates(): Dates {
    return { samples: this.samples, noticed: this.noticed }
  }

  /** @returns how long an object has been in history at the least; null: that begins when somebody notices it. */
  ageOf(top: string, name: string): number | null {
    const filedMs = filedBy(this.dates, top, name)
    return filedMs === null ? null : Math.max(0, this.nowMs - filedMs)
  }

  /** @returns the last record of which everything has been in history for so long; 0: none. */
  seqOlderThan(ageMs: number): number {
    return seqFiledBy(this.dates, this.nowMs - ageMs)
  }

  /** Everything up to the record is settled. */
  sample(seq: number, spacingMs: number): void {
    this.samples = sampled(this.samples, { seenMs: this.nowMs, seq }, spacingMs)
  }

  /** The name, which tells no age or another one, is as old as this moment. */
  notice(name: string): void {
    this.noticed.set(name, this.nowMs)
  }

  /**
   * Something is about to be filed under a record. Where that is dated already the name is dated by itself. Returns when
   * that is on the disk. @throws DiskError.
   */
  filing(seq: number, name: string): void {
    if (seq > this.lastSeq) return
    if (this.noticed.size < noticedMax) this.notice(name)
    else this.samples = samplesUpTo(this.samples, seq - 1)
    this.replaceOrRemove()
  }

  /** It is gone. */
  forget(name: string): void {
    this.noticed.delete(name)
  }

  /** Records behind `seq` were taken back. Returns when that is on the disk. @throws DiskError. */
  cutBehind(seq: number): void {
    this.samples = samplesUpTo(this.samples, seq)
    this.replaceOrRemove()
  }

  private get lastSeq(): number {
    return this.samples.at(-1)?.seq ?? 0
  }

  /** Where there is no room, everything ages anew. */
  private replaceOrRemove(): void {
    const { disk, folder } = this.options
    try {
      this.save()
    } catch (error) {
      if (!(error instanceof DiskError) || isFailedFlush(error)) throw error
      disk.remove(folder, fileName)
      disk.flush(folder)
    }
  }

  /** Returns when all of it is on the disk. @throws DiskError. */
  save(): void {
    const { disk, folder } = this.options
    const { nowMs: seenMs, samples } = this
    const text = JSON.stringify({
      seenMs,
      samples,
      noticed: Object.fromEntries(this.noticed),
    } satisfies Content)
    replaceDurably(disk, folder, fileName, Buffer.from(`${checksum(text)} ${text}\n`))
  }
}

function checksum(text: string): string {
  return crc32(Buffer.from(text)).toString(16).padStart(8, '0')
}

/** @returns null when it is not there, or damaged. */
function read(disk: Disk, folder: Fd): Content | null {
  try {
    const text = readText(disk, folder, fileName)
    const json = text.slice(9, -1)
    return text.slice(0, 8) === checksum(json) ? (JSON.parse(json) as Content) : null
  } catch (error) {
    if (error instanceof DiskError) return null
    throw error
  }
}
