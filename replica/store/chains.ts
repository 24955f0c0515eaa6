/**
 * Which records made the content that each path has now: the last put and what was appended since, wherever the file
 * was moved to. Pure: records in, paths out.
 */
import type { JournalRecord } from '../../protocol/record.ts'

export class Chains {
  private readonly chains = new Map<string, number[]>()

  /** Records come in the order of their numbers. */
  take({ seq, change }: JournalRecord): void {
    switch (change.type) {
      case 'put':
        this.chains.set(change.path, [seq])
        return
      case 'append':
        this.chains.set(change.path, [...(this.chains.get(change.path) ?? []), seq])
        return
      case 'delete':
        if (change.what === 'file') this.chains.delete(change.path)
        else this.drop(change.path)
        return
      case 'rename':
        this.move(change.from, change.to)
        return
      default:
        return
    }
  }

  /** @returns the records of one path, in order. */
  of(path: string): readonly number[] {
    return this.chains.get(path) ?? []
  }

  forget(path: string): void {
    this.chains.delete(path)
  }

  /** @returns paths, each with its records in order. */
  all(): IterableIterator<[string, readonly number[]]> {
    return this.chains.entries()
  }

  private drop(path: string): void {
    for (const at of this.within(path)) this.chains.delete(at)
  }

  private move(from: string, to: string): void {
    this.drop(to)
    for (const at of this.within(from)) {
      this.chains.set(`${to}${at.slice(from.length)}`, this.chains.get(at)!)
      this.chains.delete(at)
    }
  }

  /** The path itself and what is below it. */
  private within(path: string): string[] {
    const below = [...this.chains.keys()].filter(at => at.startsWith(`${path}/`))
    return this.chains.has(path) ? [path, ...below] : below
  }
}
