import type { Timers } from '../../protocol/world.ts'
import { writeFully } from './write-fully.ts'

/** Milliseconds until a descriptor that took nothing is tried again. */
const againAfterMs = 5

/**
 * Calls to the system that may wait for somebody else for ever: a write to a pipe that nobody reads, the opening of a
 * FIFO. A process that has one under way cannot leave in order.
 */
export class StreamCalls {
  private readonly timers: Pick<Timers, 'after'>
  private underWay = 0

  constructor(timers: Pick<Timers, 'after'>) {
    this.timers = timers
  }

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

  /** All of the bytes, behind what was written before. @param fd one that may still have to be opened. @throws the system's error. */
  write(fd: number | Promise<number>, bytes: Uint8Array): Promise<void> {
    const later = (goOn: () => void) => this.timers.after(againAfterMs, goOn)
    return this.track(Promise.resolve(fd).then(opened => writeFully(opened, bytes, null, later)))
  }
}
