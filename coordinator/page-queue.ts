/** Pages on their way from who gets them to who works on them: an end, or a failure, comes behind the last page. */
export class PageQueue<Page> {
  private readonly pages: Page[] = []
  private end: { readonly error: Error | null } | null = null
  private wake: () => void = () => {}

  get isEmpty(): boolean {
    return this.pages.length === 0
  }

  push(page: Page): void {
    this.pages.push(page)
    this.wake()
  }

  /** Nothing comes any more. `error`: why, where that is not the orderly end. */
  finish(error: Error | null): void {
    this.end ??= { error }
    this.wake()
  }

  /**
   * @returns the next page, or null after the last one.
   * @throws the error that it was finished with.
   */
  async next(): Promise<Page | null> {
    for (;;) {
      const page = this.pages.shift()
      if (page !== undefined) return page
      if (this.end !== null) {
        if (this.end.error !== null) throw this.end.error
        return null
      }
      await new Promise<void>(resolve => {
        this.wake = resolve
      })
    }
  }
}
