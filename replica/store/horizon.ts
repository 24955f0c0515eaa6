/**
 * How far back the journal goes. Old segments are released when enough records came behind them, all of theirs are settled,
 * flushed and in `log.json`, and no other node may still ask for them. What they made of paths is in the index by then.
 * Clause: DESIGN.md section 7, "Past the horizon".
 */
import type { AuditLog } from './audit-log.ts'
import type { Journal } from './journal/journal.ts'

export interface JournalKeep {
  /** Records that stay, however far everything is. */
  readonly records: number
  /** Others may need what is behind this one. */
  readonly neededAfter: () => number
}

export interface HorizonOptions {
  readonly journal: Pick<Journal, 'last' | 'releaseUpTo'>
  readonly log: Pick<AuditLog, 'loggedSeq'>
  readonly onFault: (error: unknown) => void
}

export class Horizon {
  /** None: nothing is released. */
  keep: JournalKeep | null = null
  private readonly options: HorizonOptions

  constructor(options: HorizonOptions) {
    this.options = options
  }

  /** All records up to here are flushed. */
  flushed(flushedSeq: number): void {
    const { journal, log, onFault } = this.options
    if (this.keep === null) return
    const { records, neededAfter } = this.keep
    const until = Math.min(flushedSeq, log.loggedSeq, neededAfter(), journal.last.seq - records)
    if (until > 0) journal.releaseUpTo(until).catch(onFault)
  }
}
