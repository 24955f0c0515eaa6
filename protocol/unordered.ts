/**
 * Things that come and go quickly, in no order: what leaves gives its place to the last. A Set or a Map that churns
 * as they do would keep what was deleted alive until the next full collection.
 */
export interface Placed {
  /** Where it stands; -1 when it does not. Only its list changes it. */
  place: number
}

export class Unordered<T extends Placed> {
  private readonly items: T[] = []

  get size(): number {
    return this.items.length
  }

  add(item: T): void {
    item.place = this.items.length
    this.items.push(item)
  }

  /** Harmless when repeated. */
  remove(item: T): void {
    if (item.place < 0) return
    const last = this.items.pop()!
    if (last !== item) {
      this.items[item.place] = last
      last.place = item.place
    }
    item.place = -1
  }

  /** @returns those that are there now, whatever comes and goes meanwhile. */
  all(): T[] {
    return [...this.items]
  }
}
