/**
 * Bytes of committed records that this node lacks. Each is asked for once a link; who has them supplies them, or says
 * that they are lost. What was supplied is kept until its record is settled, also when the link goes.
 * Clause: protocol/README.md "FOLLOW", "SUPPLY".
 */
import { ConcurError } from '../protocol/errors.ts'
import type { JournalEntry } from '../protocol/record.ts'
import type { Obtained } from './store/store.ts'

export interface Need {
  readonly entry: JournalEntry
  readonly promise: Promise<Obtained>
  /** Whether somebody supplies it now. */
  isSupplied: boolean
  resolve(obtained: Obtained): void
  reject(error: ConcurError): void
}

export class Needs {
  private readonly pending = new Map<number, Need>()
  private readonly obtained = new Map<number, Obtained>()
  private readonly removeStage: (stage: string) => void
  private supplies = 0
  private say: ((seq: number) => void) | null = null

  constructor(options: { removeStage: (stage: string) => void }) {
    this.removeStage = options.removeStage
  }

  /** `say` tells the coordinator, as long as its link is there. */
  begin(say: (seq: number) => void): void {
    this.say = say
  }

  /** The link is gone. */
  end(): void {
    this.say = null
    for (const need of this.pending.values())
      need.reject(new ConcurError('UNREACHABLE', 'the link to the coordinator is gone'))
    this.pending.clear()
  }

  /** @throws ConcurError UNREACHABLE. */
  obtain(entry: JournalEntry): Promise<Obtained> {
    const { seq } = entry.record
    const known = this.obtained.get(seq)
    if (known !== undefined) return Promise.resolve(known)
    const asked = this.pending.get(seq)
    if (asked !== undefined) return asked.promise
    if (this.say === null)
      return Promise.reject(new ConcurError('UNREACHABLE', 'there is no link to the coordinator'))
    let settle!: Pick<Need, 'resolve' | 'reject'>
    const promise = new Promise<Obtained>((resolve, reject) => {
      settle = { resolve, reject }
    })
    this.pending.set(seq, { entry, promise, isSupplied: false, ...settle })
    this.say(seq)
    return promise
  }

  /** @returns the number of a supply that begins. */
  newSupply(): number {
    return ++this.supplies
  }

  /** @returns what is needed of a record, or null. */
  of(seq: number): Need | null {
    return this.pending.get(seq) ?? null
  }

  /** The coordinator has given what was needed, or has said that nobody can. */
  give(seq: number, obtained: Obtained): void {
    const need = this.pending.get(seq)
    this.pending.delete(seq)
    if (need === undefined) return
    this.obtained.set(seq, obtained)
    need.resolve(obtained)
  }

  /** Records up to here need nothing any more. */
  settled(settledSeq: number): void {
    for (const [seq, obtained] of this.obtained) {
      if (seq > settledSeq) continue
      this.obtained.delete(seq)
      if (obtained.is === 'staged') this.removeStage(obtained.stage)
    }
  }
}
