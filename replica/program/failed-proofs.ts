/**
 * Who failed to prove himself lately, by address. Five failures within a minute slow an address down: whoever dials from
 * there waits before he is challenged. Nobody is locked out, so that a stranger at the same address cannot do that to a
 * node either.
 */
import {
  failedAddressesMax,
  failedProofPauseMs,
  failedProofsMax,
  failedProofsWithinMs,
} from '../../protocol/limits.ts'
import type { Clock } from '../../protocol/world.ts'

export class FailedProofs {
  private readonly clock: Pick<Clock, 'monotonicMs'>
  /** Address → when it failed, the newest last; the address that failed last stands last. */
  private readonly byHost = new Map<string, number[]>()

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.clock = clock
  }

  /** @returns how often the address has failed within the last minute, this time included, as far as that counts. */
  note(host: string): number {
    const times = this.recent(host)
    times.push(this.clock.monotonicMs())
    this.byHost.delete(host)
    this.byHost.set(host, times.slice(-failedProofsMax))
    const [oldest] = this.byHost.keys()
    if (this.byHost.size > failedAddressesMax) this.byHost.delete(oldest!)
    return times.length
  }

  pauseMs(host: string): number {
    return this.recent(host).length >= failedProofsMax ? failedProofPauseMs : 0
  }

  private recent(host: string): number[] {
    const since = this.clock.monotonicMs() - failedProofsWithinMs
    return (this.byHost.get(host) ?? []).filter(time => time > since)
  }
}
