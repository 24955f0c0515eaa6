/**
 * The records that are committed and not settled here yet: which paths they touch, which of them are abandoned, and
 * whose effect a later one undoes. Seen from one path, a record touches it that names it, or that moves or deletes a
 * folder above it. Bounded: of a long way to go only the next stretch is known.
 */
import type { Digest } from '../../protocol/digest.ts'
import { type Change, type JournalEntry, pathsOf } from '../../protocol/record.ts'

/** How many records are looked at ahead of the settled one. */
export const stretchMax = 65_536
const readBytes = 1024 * 1024

export interface JournalReader {
  readonly last: { readonly seq: number; readonly committedSeq: number }
  readonly durableSeq: number
  /** The record behind which the journal begins. */
  readonly begin: { readonly seq: number }
  at(seq: number): JournalEntry | null
  /** From where the journal begins, when that is later. */
  readAfter(seq: number, bytesMax: number): JournalEntry[]
}

interface Touch {
  readonly seq: number
  readonly change: Change
}

export class Ahead {
  private readonly journal: JournalReader
  private readonly touches = new Map<string, Touch[]>()
  private readonly abandoned = new Set<number>()
  private readTo: number

  constructor(options: { journal: JournalReader; settledSeq: number }) {
    this.journal = options.journal
    this.readTo = options.settledSeq
  }

  /** Looks at what is committed, up to `seq`. @returns up to where. */
  extend(settledSeq: number, seq: number): number {
    const end = Math.min(seq, settledSeq + stretchMax)
    while (this.readTo < end) {
      for (const { record } of this.journal.readAfter(this.readTo, readBytes)) {
        if (record.seq > end) break
        this.readTo = record.seq
        this.take({ seq: record.seq, change: record.change })
      }
    }
    return this.readTo
  }

  isAbandoned(seq: number): boolean {
    return this.abandoned.has(seq)
  }

  /** @returns the last record up to `seqMax` that touches the path; null: none that is known. */
  lastOf(path: string, seqMax = Number.POSITIVE_INFINITY): number | null {
    return this.touching(path).findLast(({ seq }) => seq <= seqMax)?.seq ?? null
  }

  /** Whether a later record replaces or deletes what the record `seq` makes of the path, before anything moves it. */
  isUndone(path: string, seq: number): boolean {
    const next = this.touching(path).find(touch => touch.seq > seq)?.change
    return next !== undefined && next.type !== 'rename' && next.type !== 'mkdir'
  }

  /** @returns the contents that later records give the path, before anything moves it. */
  resultsAfter(path: string, seq: number): Digest[] {
    const later = this.touching(path).filter(touch => touch.seq > seq)
    const barrier = later.findIndex(({ change }) => change.type === 'rename')
    const before = barrier < 0 ? later : later.slice(0, barrier)
    return before.flatMap(({ change }) =>
      change.type === 'put' || change.type === 'append' ? [change.digest] : [],
    )
  }

  /** The record is settled. */
  settle({ seq, change }: Touch): void {
    this.abandoned.delete(seq)
    for (const path of pathsOf(change)) {
      const left = this.touches.get(path)?.filter(touch => touch.seq > seq) ?? []
      if (left.length === 0) this.touches.delete(path)
      else this.touches.set(path, left)
    }
  }

  private take(touch: Touch): void {
    const { change } = touch
    if (change.type === 'abandoned') this.forget(change.abandonedSeq)
    for (const path of pathsOf(change)) {
      const touches = this.touches.get(path)
      if (touches === undefined) this.touches.set(path, [touch])
      else touches.push(touch)
    }
  }

  private forget(seq: number): void {
    this.abandoned.add(seq)
    for (const [path, touches] of this.touches) {
      const left = touches.filter(touch => touch.seq !== seq)
      if (left.length === touches.length) continue
      if (left.length === 0) this.touches.delete(path)
      else this.touches.set(path, left)
    }
  }

  /** In the order of their numbers. */
  private touching(path: string): Touch[] {
    if (this.touches.size === 0) return []
    const found = [...(this.touches.get(path) ?? [])]
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      found.push(...(this.touches.get(path.slice(0, at)) ?? []).filter(movesWhatIsBelow))
    return found.sort((a, b) => a.seq - b.seq)
  }
}

function movesWhatIsBelow({ change }: Touch): boolean {
  return (change.type === 'rename' || change.type === 'delete') && change.what === 'folder'
}
