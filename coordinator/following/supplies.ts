/**
 * The bytes that one replica lacks: a few records at a time, the others wait. What nobody has is told as LOST.
 * Clauses: protocol/README.md "FOLLOW" (bytes), "SUPPLY".
 */
import type { Connection } from '../../protocol/connection.ts'
import { fileDigest } from '../../protocol/digest.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import type { JournalEntry } from '../../protocol/record.ts'
import type { NeedStated } from '../../protocol/state-messages.ts'
import type { Journal } from '../../replica/store/journal/journal.ts'
import { contentEntry } from '../../replica/store/stated/stated-row.ts'
import type { OpenBody } from '../../replica/store/store.ts'
import { type Failure, Supply } from './supply.ts'
import { afterFailure } from './supply-failure.ts'

const atOnceMax = 4

export interface SuppliesOptions {
  readonly connection: Pick<Connection, 'request'>
  readonly journal: Pick<Journal, 'at'>
  readonly openContent: (entry: JournalEntry) => Promise<OpenBody>
  /** The reason reads on from the replica's name. */
  readonly onLost: (seq: number, reason: string) => void
  /** The replica cannot go on. */
  readonly onFailed: (error: ConcurError) => void
}

/** `seq`: of the record, or the number that it was needed under. */
interface Wanted {
  readonly seq: number
  readonly entry: () => JournalEntry
}

export class Supplies {
  private readonly options: SuppliesOptions
  /** Records that are needed, in the order in which that was said; the first few are under way. */
  private readonly needed = new Set<number>()
  private readonly waiting: Wanted[] = []
  private readonly underWay = new Set<Supply>()
  private slotsTaken = 0
  private isOver = false

  constructor(options: SuppliesOptions) {
    this.options = options
  }

  need(seq: number): void {
    this.enqueue(seq, () => this.entryAt(seq))
  }

  /** A content by its path; it is supplied under the number. Only as long as no record's is needed. */
  needStated({ number, path, seq, size, digest }: NeedStated): void {
    const entry = contentEntry({ path, seq, size, digest })
    this.enqueue(number, () => entry)
  }

  private enqueue(seq: number, entry: () => JournalEntry): void {
    if (this.isOver || this.needed.has(seq)) return
    this.needed.add(seq)
    this.waiting.push({ seq, entry })
    this.beginNext()
  }

  /** Lets everything go. */
  stop(): void {
    this.isOver = true
    for (const supply of this.underWay) supply.stop()
  }

  private beginNext(): void {
    if (this.isOver || this.slotsTaken === atOnceMax) return
    const wanted = this.waiting.shift()
    if (wanted === undefined) return
    this.slotsTaken++
    void this.supply(wanted).finally(() => {
      this.slotsTaken--
      this.needed.delete(wanted.seq)
      this.beginNext()
    })
  }

  private async supply(wanted: Wanted): Promise<void> {
    const { seq } = wanted
    for (let tries = 1; ; tries++) {
      const failure = await this.tryOnce(wanted)
      if (failure === null || this.isOver) return
      const next = afterFailure({ by: failure.by, code: failure.error.code, tries })
      if (next === 'lost') this.options.onLost(seq, lossOf(seq, failure.error))
      if (next === 'end') this.options.onFailed(failure.error)
      if (next !== 'again') return
    }
  }

  private async tryOnce({ seq, entry: find }: Wanted): Promise<Failure | null> {
    let entry: JournalEntry
    let body: OpenBody
    try {
      entry = find()
      body = await this.options.openContent(entry)
    } catch (error) {
      return { by: 'here', error: asConcurError(error) }
    }
    if (this.isOver) {
      body.close()
      return null
    }
    return this.send(seq, entry, body)
  }

  private async send(
    seq: number,
    { record: { change } }: JournalEntry,
    body: OpenBody,
  ): Promise<Failure | null> {
    const digest = 'digest' in change ? change.digest : fileDigest(body.size, body.blockDigests)
    const supply = new Supply(body)
    this.underWay.add(supply)
    const failure = await supply.send(this.options.connection, { seq, digest })
    this.underWay.delete(supply)
    return failure
  }

  private entryAt(seq: number): JournalEntry {
    const entry = this.options.journal.at(seq)
    if (entry === null) throw new ConcurError('NOT_FOUND', `there is no record ${seq}`)
    return entry
  }
}

function lossOf(seq: number, error: ConcurError): string {
  if (error.code === 'NOT_FOUND') return `never got the bytes of record ${seq}, which nobody has any more`
  return `never got the bytes of record ${seq}: ${error.message}`
}
