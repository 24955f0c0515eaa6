/** Work of which only so much is under way at once. The first failure is the one that counts, and nothing starts after it. */

export class AtOnce {
  private readonly max: number
  private readonly underWay = new Set<Promise<void>>()
  private failure: { readonly error: unknown } | null = null

  constructor(max: number) {
    this.max = max
  }

  /** @returns when the work has been started. @throws what a work before it threw. */
  async start(work: () => Promise<void>): Promise<void> {
    while (this.underWay.size >= this.max) await Promise.race(this.underWay)
    this.throwFailure()
    const running: Promise<void> = work()
      .catch(error => {
        this.failure ??= { error }
      })
      .finally(() => this.underWay.delete(running))
    this.underWay.add(running)
  }

  /** @returns when nothing is under way. @throws what a work threw. */
  async finish(): Promise<void> {
    await Promise.all(this.underWay)
    this.throwFailure()
  }

  private throwFailure(): void {
    if (this.failure !== null) throw this.failure.error
  }
}
