/** The real world: what a server's classes get through their constructors when they run for real. */
import { randomBytes } from 'node:crypto'
import { TcpNetwork } from '../../protocol/tcp.ts'
import type { Cancel, Clock, Dialer, Listener, Random, Timers } from '../../protocol/world.ts'

export interface World {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly dialer: Dialer
  readonly listener: Listener
}

export function realWorld(): World {
  const timers = realTimers()
  const network = new TcpNetwork(timers)
  return { clock: realClock(), timers, random: realRandom(), dialer: network, listener: network }
}

export function realClock(): Clock {
  return { nowMs: () => Date.now(), monotonicMs: () => performance.now() }
}

/** The longest that setTimeout waits; what is longer it would not wait for at all. */
const oneTimeoutMsMax = 2 ** 31 - 1

export function realTimers(): Timers {
  return {
    after,
    endOfTurn(act) {
      setImmediate(act)
    },
  }
}

function after(ms: number, act: () => void): Cancel {
  if (ms > oneTimeoutMsMax) return afterMany(ms, act)
  const timeout = setTimeout(act, ms)
  return () => clearTimeout(timeout)
}

/** One timeout behind the other. */
function afterMany(ms: number, act: () => void): Cancel {
  let restMs = ms
  let timeout: NodeJS.Timeout
  const wait = (): void => {
    const stepMs = Math.min(restMs, oneTimeoutMsMax)
    restMs -= stepMs
    timeout = setTimeout(restMs > 0 ? wait : act, stepMs)
  }
  wait()
  return () => clearTimeout(timeout)
}

export function realRandom(): Random {
  return {
    bytes: count => randomBytes(count),
    fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  }
}
