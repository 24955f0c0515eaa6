/** How fast a work goes, and what that says of the rest of it. Pure: it is told the time. */

/** Milliseconds over which the rate is taken. */
const windowMs = 3_000

/** Milliseconds that two samples are apart at least. */
const sampleEveryMs = 100

export class Pace {
  private readonly samples: { done: number; atMs: number }[] = []

  /** `done`: so much of the work is behind us; it may start anew at any time. */
  note(done: number, atMs: number): void {
    const { samples } = this
    const last = samples.at(-1)
    if (last !== undefined && done < last.done) samples.length = 0
    if (last !== undefined && samples.length > 0 && atMs - last.atMs < sampleEveryMs) return
    samples.push({ done, atMs })
    while (samples.length > 2 && samples[0]!.atMs < atMs - windowMs) samples.shift()
  }

  /** Per second; null while that cannot be said. */
  get rate(): number | null {
    const first = this.samples[0]
    const last = this.samples.at(-1)
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return null
    return ((last.done - first.done) * 1000) / (last.atMs - first.atMs)
  }

  /** Milliseconds that the rest of `total` takes; null while that cannot be said. */
  leftMs(total: number): number | null {
    const { rate } = this
    const last = this.samples.at(-1)
    if (rate === null || rate <= 0 || last === undefined) return null
    return Math.max(0, ((total - last.done) * 1000) / rate)
  }
}
