/**
 * The records that are not on the disk yet, and who waits for them. All that arrive while one flush runs share the
 * next. What went wrong once is told to everybody who waits: records behind one that is not there have nothing to
 * follow. After a failure for want of space the journal ends with the last record on the disk and can be appended
 * to; after any other it never is again.
 */
import type { ConcurError } from '../../../protocol/errors.ts'
import type { RecordHash } from '../../../protocol/ids.ts'
import type { Epoch, JournalEntry, JournalRecord } from '../../../protocol/record.ts'
import { noHash } from '../../../protocol/record.ts'
import { failureOf } from './steps.ts'

/** The end of a journal. */
export interface Last {
  readonly seq: number
  readonly hash: RecordHash
  /** Null: there is no record. */
  readonly epoch: Epoch | null
  /** What that record says is committed. */
  readonly committedSeq: number
}

export const nothing: Last = { seq: 0, hash: noHash, epoch: null, committedSeq: 0 }

/** @returns the end of a journal whose last record is this one. */
export function lastOf({ record, hash }: { record: JournalRecord; hash: RecordHash }): Last {
  return { seq: record.seq, hash, epoch: record.epoch, committedSeq: record.committedSeq }
}

interface Waiter {
  readonly seq: number
  resolve(): void
  reject(error: ConcurError): void
}

export interface GroupCommitOptions {
  readonly last: Last
  /** Makes the first of these durable, one at least. */
  write(entries: readonly JournalEntry[]): Promise<void>
  /** @returns the last seq that is durable. */
  durableSeq(): number
  onFailed(error: ConcurError): void
  onNoSpace?(): void
}

export class GroupCommit {
  private readonly options: GroupCommitOptions
  /** Appended and not durable, in order, those being written included. */
  private entries: JournalEntry[] = []
  private waiters: Waiter[] = []
  private durable: Last
  private running: Promise<void> | null = null
  private failed: ConcurError | null = null

  constructor(options: GroupCommitOptions) {
    this.options = options
    this.durable = options.last
  }

  get last(): Last {
    const entry = this.entries.at(-1)
    return entry === undefined ? this.durable : lastOf(entry)
  }

  get durableSeq(): number {
    return this.durable.seq
  }

  /** Why nothing may be written any more. */
  get failure(): ConcurError | null {
    return this.failed
  }

  /** @returns the entries that are not durable, from `seq` on. */
  from(seq: number): readonly JournalEntry[] {
    return this.entries.slice(seq - this.durable.seq - 1)
  }

  /** Entries that follow from `last`; they must not change until the promise has settled. */
  append(entries: readonly JournalEntry[]): Promise<void> {
    if (this.failed !== null) return Promise.reject(this.failed)
    for (const entry of entries) this.entries.push(entry)
    const { seq } = this.last
    if (seq === this.durable.seq) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.waiters.push({ seq, resolve, reject })
      this.running ??= this.run()
    })
  }

  /** Returns when nothing is under way. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running
  }

  /** `last`: what the journal ends with since records were dropped. Nothing is under way. */
  restartFrom(last: Last): void {
    this.durable = last
  }

  fail(error: ConcurError): void {
    if (this.failed !== null) return
    this.failed = error
    this.dropWaiting(error)
    this.options.onFailed(error)
  }

  private async run(): Promise<void> {
    // What the rest of this turn appends shares the first flush.
    await null
    while (this.entries.length > 0) {
      try {
        await this.options.write(this.entries)
        this.settle()
      } catch (cause) {
        const { error, isFinal } = failureOf(cause)
        if (isFinal) this.fail(error)
        else {
          this.options.onNoSpace?.()
          this.dropWaiting(error)
        }
      }
    }
    this.running = null
  }

  private settle(): void {
    // It failed otherwise meanwhile: nothing is acknowledged any more.
    if (this.failed !== null) return
    const seq = this.options.durableSeq()
    const written = this.entries.splice(0, seq - this.durable.seq)
    this.durable = lastOf(written.at(-1)!)
    const settled = this.waiters.findIndex(waiter => waiter.seq > seq)
    for (const waiter of this.waiters.splice(0, settled === -1 ? this.waiters.length : settled))
      waiter.resolve()
  }

  private dropWaiting(error: ConcurError): void {
    const waiters = this.waiters
    this.entries = []
    this.waiters = []
    for (const waiter of waiters) waiter.reject(error)
  }
}
