/**
 * Calls to the system that may wait for somebody else for ever: a write to a pipe that nobody reads, the opening of a
 * FIFO. A process that has one under way cannot leave in order.
 */
export class StreamCalls {
  private underWay = 0

  get areWaiting(): boolean {
    return this.underWay > 0
  }

  async track<T>(call: Promise<T>): Promise<T> {
    this.underWay++
    try {
      return await call
    } finally {
      this.underWay--
    }
  }
}
