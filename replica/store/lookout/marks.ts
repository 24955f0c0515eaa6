/**
 * Paths that are otherwise than the journal says, as far as this node knows: in memory, found anew by every scan. A
 * bounded number is known by name; of those beyond it only how many the last scan met.
 */
import type { FilePath } from '../../../protocol/path.ts'
import type { Deviation } from './deviation.ts'

/** Paths that are known by name. */
export const marksMax = 10_000

export interface Mark {
  readonly deviation: Deviation
  /** Why a record was kept back here; null: none was. */
  readonly kept: string | null
}

export class Marks {
  /** Paths that the last scan met and that have no place here. */
  beyond = 0
  private readonly marks = new Map<FilePath, Mark>()
  private readonly countMax: number

  constructor(countMax = marksMax) {
    this.countMax = countMax
  }

  /** How many paths there are, named or not. */
  get count(): number {
    return this.marks.size + this.beyond
  }

  get isFull(): boolean {
    return this.marks.size >= this.countMax
  }

  has(path: FilePath): boolean {
    return this.marks.has(path)
  }

  get(path: FilePath): Mark | null {
    return this.marks.get(path) ?? null
  }

  /** What was kept back once stays so called as long as the path deviates. @returns false: there is no place for it. */
  set(path: FilePath, mark: Mark): boolean {
    const before = this.marks.get(path)
    if (before === undefined && this.isFull) return false
    this.marks.set(path, { ...mark, kept: mark.kept ?? before?.kept ?? null })
    return true
  }

  clear(path: FilePath): void {
    this.marks.delete(path)
  }

  /** Every path that is known by name, the oldest mark first. */
  paths(): FilePath[] {
    return [...this.marks.keys()]
  }

  /** So many of them at the most. */
  first(countMax: number): FilePath[] {
    const first: FilePath[] = []
    for (const path of this.marks.keys()) {
      if (first.length >= countMax) break
      first.push(path)
    }
    return first
  }

  /** Paths whose last record was kept back for a reason of this kind. */
  kept(isMeant: (reason: string) => boolean): { path: FilePath; reason: string }[] {
    return [...this.marks].flatMap(([path, { kept }]) =>
      kept !== null && isMeant(kept) ? [{ path, reason: kept }] : [],
    )
  }

  /** @returns the path itself, where it is marked, and what is marked below it. */
  at(path: FilePath): FilePath[] {
    if (this.marks.size === 0) return []
    return this.paths().filter(marked => marked === path || marked.startsWith(`${path}/`))
  }
}
