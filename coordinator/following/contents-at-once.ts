/**
 * Contents that a coordinator lacks, without waiting for nodes that are away: what it has ordered itself in this term it
 * has the bytes of, except where somebody changed its own disk in the last moment. That must not hold up everybody's
 * changes; the path is kept as it is, and named. What came before this term is waited for.
 */
import { ConcurError } from '../../protocol/errors.ts'
import type { JournalEntry } from '../../protocol/record.ts'
import type { ContentSource, Obtained } from '../../replica/store/store.ts'

export class ContentsAtOnce implements ContentSource {
  private readonly contents: ContentSource
  private readonly termBeginsAt: () => number | null

  /** `termBeginsAt`: the seq of the term's first record; null before there is one. */
  constructor(options: { contents: ContentSource; termBeginsAt: () => number | null }) {
    this.contents = options.contents
    this.termBeginsAt = options.termBeginsAt
  }

  async obtain(entry: JournalEntry): Promise<Obtained> {
    try {
      return await this.contents.obtain(entry)
    } catch (error) {
      const beginsAt = this.termBeginsAt()
      const isAway = error instanceof ConcurError && error.code === 'UNREACHABLE'
      if (!isAway || beginsAt === null || entry.record.seq < beginsAt) throw error
      return { is: 'lost', reason: 'it was changed on this disk, and no other node could be asked' }
    }
  }
}
