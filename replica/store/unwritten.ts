/**
 * What was put into a part of the index and is not in LMDB yet: the last value of each key. What waits goes as one batch;
 * while that is on its way it is still found here.
 */
export class Unwritten<Key, Value> {
  private waiting = new Map<Key, Value>()
  private leaving = new Map<Key, Value>()

  get size(): number {
    return this.waiting.size
  }

  /** @returns undefined: nothing was put that is not written. */
  get(key: Key): Value | undefined {
    const value = this.waiting.get(key)
    return value === undefined ? this.leaving.get(key) : value
  }

  put(key: Key, value: Value): void {
    this.waiting.set(key, value)
  }

  /** Everything that waits is on its way. */
  takeBatch(): ReadonlyMap<Key, Value> {
    this.leaving = this.waiting
    this.waiting = new Map()
    return this.leaving
  }

  /** The batch was written, or is given up. */
  endBatch(): void {
    this.leaving = new Map()
  }

  /** The batch was not written: it waits again, but for what was put anew meanwhile. */
  returnBatch(): void {
    for (const [key, value] of this.leaving) if (!this.waiting.has(key)) this.waiting.set(key, value)
    this.endBatch()
  }
}
