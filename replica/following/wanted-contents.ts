/**
 * The bytes of records that this node lacks: asked of the coordinator once a link for each record, supplied as a file, or
 * lost. Clause: protocol/README.md "FOLLOW", "SUPPLY".
 */
import { ConcurError } from '../../protocol/errors.ts'
import type { JournalEntry } from '../../protocol/record.ts'
import type { ContentSource, Obtained } from '../store/store.ts'

interface Wanted {
  readonly resolve: (obtained: Obtained) => void
  readonly reject: (error: ConcurError) => void
}

export class WantedContents implements ContentSource {
  private readonly wanted = new Map<number, Wanted>()
  private readonly ask: (seq: number) => void

  /** `ask` sends NEED. */
  constructor(ask: (seq: number) => void) {
    this.ask = ask
  }

  obtain({ record: { seq } }: JournalEntry): Promise<Obtained> {
    return new Promise((resolve, reject) => {
      this.wanted.set(seq, { resolve, reject })
      this.ask(seq)
    })
  }

  isWanted(seq: number): boolean {
    return this.wanted.has(seq)
  }

  /** Harmless for what is not wanted. */
  give(seq: number, obtained: Obtained): void {
    this.wanted.get(seq)?.resolve(obtained)
    this.wanted.delete(seq)
  }

  /** Nobody can be asked any more. */
  end(): void {
    const error = new ConcurError('UNREACHABLE', 'the link to the coordinator ended')
    for (const { reject } of this.wanted.values()) reject(error)
    this.wanted.clear()
  }
}
