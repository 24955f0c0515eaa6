/**
 * Values by whole numbers that come and go quickly, as the streams of a busy connection do. A Map that churns keeps
 * what was deleted alive until the next full collection; this table, of open addresses, keeps nothing.
 */
const slotsFirst = 8

export class NumberTable<T extends object> {
  private keys: number[] = new Array<number>(slotsFirst).fill(0)
  private values: (T | null)[] = new Array<T | null>(slotsFirst).fill(null)
  private count = 0

  get size(): number {
    return this.count
  }

  get(key: number): T | undefined {
    return this.values[this.slotOf(key)] ?? undefined
  }

  set(key: number, value: T): void {
    const slot = this.slotOf(key)
    if (this.values[slot] === null) this.count++
    this.keys[slot] = key
    this.values[slot] = value
    if (this.count * 2 > this.values.length) this.grow()
  }

  /** Moves what stands behind the gap up, so that no search ends too early. */
  delete(key: number): void {
    const { keys, values } = this
    const mask = values.length - 1
    let gap = this.slotOf(key)
    if (values[gap] === null) return
    this.count--
    for (let slot = (gap + 1) & mask; values[slot] !== null; slot = (slot + 1) & mask) {
      const home = keys[slot]! & mask
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue
      keys[gap] = keys[slot]!
      values[gap] = values[slot]!
      gap = slot
    }
    values[gap] = null
  }

  all(): T[] {
    return this.values.filter(value => value !== null)
  }

  /** Where the key stands, or would stand. */
  private slotOf(key: number): number {
    const { keys, values } = this
    const mask = values.length - 1
    let slot = key & mask
    while (values[slot] !== null && keys[slot] !== key) slot = (slot + 1) & mask
    return slot
  }

  private grow(): void {
    const { keys, values } = this
    this.keys = new Array<number>(values.length * 2).fill(0)
    this.values = new Array<T | null>(values.length * 2).fill(null)
    this.count = 0
    for (const [slot, value] of values.entries()) if (value !== null) this.set(keys[slot]!, value)
  }
}
