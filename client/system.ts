/** Time and timers of the real machine, for the interfaces of protocol/world.ts. */
import type { Clock, Random, Timers } from '../protocol/world.ts'

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

/** No timer keeps the program from ending: who waits for one holds the program by other means. */
export const systemTimers: Timers = {
  after(ms, act) {
    const timer = setTimeout(act, ms).unref()
    return () => clearTimeout(timer)
  },
  endOfTurn(act) {
    setImmediate(act)
  },
}

/** Loaded with its first use: a read needs none. */
export const systemRandom: Pick<Random, 'bytes'> = {
  bytes: count => process.getBuiltinModule('node:crypto').randomBytes(count),
}
