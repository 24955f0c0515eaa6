/**
 * The bytes of records that this node lacks: asked of the coordinator once a link for each record, supplied as a file, or
 * lost. What was supplied is kept until the record is settled, over the end of a link too: an install that has to be
 * tried again asks again. Clause: protocol/README.md "FOLLOW", "SUPPLY".
 */
import { ConcurError } from '../../protocol/errors.ts'
import type { JournalEntry } from '../../protocol/record.ts'
import type { ContentSource, Obtained, Store } from '../store/store.ts'

interface Wanted {
  readonly entry: JournalEntry
  readonly resolve: (obtained: Obtained) => void
  readonly reject: (error: ConcurError) => void
}

export class WantedContents implements ContentSource {
  private readonly store: Store
  private readonly wanted = new Map<number, Wanted>()
  private readonly given = new Map<number, Obtained>()
  private ask: ((seq: number) => void) | null = null

  constructor(store: Store) {
    this.store = store
    store.settler.listen({ onSettled: seq => this.forgetUpTo(seq) })
  }

  /** There is somebody to be asked; `ask` says NEED. */
  begin(ask: (seq: number) => void): void {
    this.ask = ask
    this.store.setContentSource(this)
  }

  /** Nobody can be asked any more. That something is lost, the next one may know better. */
  end(): void {
    this.ask = null
    for (const { reject } of this.wanted.values()) reject(unreachable())
    this.wanted.clear()
    for (const [seq, { is }] of this.given) if (is === 'lost') this.given.delete(seq)
  }

  obtain(entry: JournalEntry): Promise<Obtained> {
    const { seq } = entry.record
    const given = this.given.get(seq)
    if (given !== undefined && (given.is !== 'staged' || this.store.stages.has(given.stage)))
      return Promise.resolve(given)
    const { ask } = this
    if (ask === null) return Promise.reject(unreachable())
    return new Promise((resolve, reject) => {
      this.wanted.set(seq, { entry, resolve, reject })
      ask(seq)
    })
  }

  /** @returns the record whose bytes are wanted; null: nothing of it is. */
  entryOf(seq: number): JournalEntry | null {
    return this.wanted.get(seq)?.entry ?? null
  }

  /** What is not wanted any more goes. */
  give(seq: number, obtained: Obtained): void {
    const wanted = this.wanted.get(seq)
    if (wanted === undefined) {
      if (obtained.is === 'staged') this.store.stages.remove(obtained.stage)
      return
    }
    this.wanted.delete(seq)
    this.given.set(seq, obtained)
    wanted.resolve(obtained)
  }

  private forgetUpTo(settledSeq: number): void {
    for (const [seq, obtained] of this.given) {
      if (seq > settledSeq) continue
      this.given.delete(seq)
      if (obtained.is === 'staged') this.store.stages.remove(obtained.stage)
    }
  }
}

function unreachable(): ConcurError {
  return new ConcurError('UNREACHABLE', 'there is no link to a coordinator')
}
