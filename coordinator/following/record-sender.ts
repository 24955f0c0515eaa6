/**
 * Sends the records of a journal from a place on, in order, page by page: those of one turn in few frames, and while the
 * replica gives no credit no more than a few pages, so that a slow replica costs no memory however far it is behind.
 * Clauses: protocol/README.md "FOLLOW" (records), "Streams and credit".
 */
import { ConcurError } from '../../protocol/errors.ts'
import { recordsBytesAim } from '../../protocol/limits.ts'
import type { JournalEntry } from '../../protocol/record.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Journal } from '../../replica/store/journal/journal.ts'
import type { Position } from './meeting.ts'

/** Pages that wait to leave. */
const pagesUnderWayMax = 4

export class RecordSender {
  private readonly stream: Pick<Stream, 'ended' | 'sendFlow'>
  private readonly journal: Pick<Journal, 'readAfter' | 'last'>
  private readonly onCarried: (committedSeq: number) => void
  private readonly onFailed: (error: unknown) => void
  private sent: Position
  private pagesUnderWay = 0

  /**
   * `after`: the first record follows from this one. `onCarried`: a record that says this leaves.
   * `onFailed`: the journal cannot be read, or is not the one any more whose records were sent (CHANGED).
   */
  constructor(options: {
    stream: Pick<Stream, 'ended' | 'sendFlow'>
    journal: Pick<Journal, 'readAfter' | 'last'>
    after: Position
    onCarried: (committedSeq: number) => void
    onFailed: (error: unknown) => void
  }) {
    this.stream = options.stream
    this.journal = options.journal
    this.sent = options.after
    this.onCarried = options.onCarried
    this.onFailed = options.onFailed
  }

  get sentSeq(): number {
    return this.sent.seq
  }

  /** Sends what there is, as far as there is room. */
  send(): void {
    try {
      while (this.pagesUnderWay < pagesUnderWayMax && !this.stream.ended) {
        const page = this.nextPage()
        if (page.length === 0) return
        this.sendPage(page)
      }
    } catch (error) {
      this.onFailed(error)
    }
  }

  /** A journal whose disk was full has taken back what it had not made durable, and may have gone on differently. */
  private nextPage(): JournalEntry[] {
    const { journal, sent } = this
    const page = journal.readAfter(sent.seq, recordsBytesAim)
    const before = page[0]?.record.previous ?? journal.last.hash
    if (before === sent.hash) return page
    throw new ConcurError('CHANGED', `the journal dropped record ${sent.seq}, which was sent`)
  }

  private sendPage(page: readonly JournalEntry[]): void {
    const last = page.at(-1)!
    const { committedSeq } = last.record
    this.sent = { seq: last.record.seq, hash: last.hash }
    if (this.pagesUnderWay === 0) this.onCarried(committedSeq)
    this.pagesUnderWay++
    const entries = page.map(({ bytes, body }) => ({ record: bytes, body: body?.length ? body : null }))
    void this.stream.sendFlow('RECORDS', { entries }).then(() => {
      this.pagesUnderWay--
      this.onCarried(committedSeq)
      this.send()
    })
  }
}
