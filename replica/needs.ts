/**
 * Bytes of committed records, and of paths that were stated, that this node lacks. Each is asked for once a link; who has them supplies them, or says
 * that they are lost. What was supplied is kept until its record is settled, also when the link goes.
 * Clause: protocol/README.md "FOLLOW", "SUPPLY".
 */
import { ConcurError } from '../protocol/errors.ts'
import type { JournalEntry } from '../protocol/record.ts'
import type { Obtained, StatedContent } from './store/store.ts'

export interface Need {
  readonly entry: JournalEntry
  readonly promise: Promise<Obtained>
  readonly isStated: boolean
  /** Called when it is not needed any more; null: nobody supplies it now. */
  onOver: (() => void) | null
  resolve(obtained: Obtained): void
  reject(error: ConcurError): void
}

/** `stated`: what is needed is no record's, and is asked for under a number; null: it is the record's. */
export type Say = (key: number, stated: StatedContent | null) => void

export class Needs {
  private readonly pending = new Map<number, Need>()
  private readonly obtained = new Map<number, Obtained>()
  /** Of stated paths, one of which is worked on after the other, before any record. */
  private obtainedStated: { readonly number: number; readonly obtained: Obtained } | null = null
  private say: Say | null = null

  /** `say` tells the coordinator, as long as its link is there. */
  begin(say: Say): void {
    this.say = say
  }

  /** The link is gone. */
  end(): void {
    this.say = null
    const ended = [...this.pending.values()]
    this.pending.clear()
    for (const need of ended) {
      need.onOver?.()
      need.reject(new ConcurError('UNREACHABLE', 'the link to the coordinator is gone'))
    }
  }

  /** @throws ConcurError UNREACHABLE. */
  obtain(entry: JournalEntry, stated: StatedContent | null = null): Promise<Obtained> {
    const key = stated?.number ?? entry.record.seq
    const known = stated === null ? this.obtained.get(key) : this.knownStated(key)
    if (known !== undefined) return Promise.resolve(known)
    const asked = this.pending.get(key)
    if (asked !== undefined) return asked.promise
    if (this.say === null)
      return Promise.reject(new ConcurError('UNREACHABLE', 'there is no link to the coordinator'))
    let settle!: Pick<Need, 'resolve' | 'reject'>
    const promise = new Promise<Obtained>((resolve, reject) => {
      settle = { resolve, reject }
    })
    this.pending.set(key, { entry, promise, isStated: stated !== null, onOver: null, ...settle })
    this.say(key, stated)
    return promise
  }

  private knownStated(number: number): Obtained | undefined {
    if (this.obtainedStated?.number === number) return this.obtainedStated.obtained
    this.obtainedStated = null
    return undefined
  }

  /** @returns what is needed of a record, or under this number, or null. */
  of(seq: number): Need | null {
    return this.pending.get(seq) ?? null
  }

  /** The coordinator has given what was needed, or has said that nobody can. */
  give(seq: number, obtained: Obtained): void {
    const need = this.pending.get(seq)
    this.pending.delete(seq)
    if (need === undefined) return
    if (need.isStated) this.obtainedStated = { number: seq, obtained }
    else this.obtained.set(seq, obtained)
    need.onOver?.()
    need.resolve(obtained)
  }

  /** Records up to here need nothing any more. */
  settled(settledSeq: number): void {
    for (const seq of this.obtained.keys()) if (seq <= settledSeq) this.obtained.delete(seq)
  }
}
