/**
 * How many requests of clients a server works on at once, over all its connections, and how many of them may hold bytes of
 * files meanwhile. Clause: README.md "Limits".
 */
import { bytesBehind } from './change-messages.ts'
import { ConcurError } from './errors.ts'
import {
  carryingAtWorkMax,
  carryingPerConnectionMax,
  rateBytesMin,
  rateWithinMs,
  requestsAtWorkMax,
} from './limits.ts'
import type { Request } from './opcodes.ts'
import { type Placed, Unordered } from './unordered.ts'
import type { Clock } from './world.ts'

/** Looking for those who are slow takes a while where many are at work. */
const slowLookEveryMs = 1_000

/** What a request holds as long as it is at work: next to nothing for long, something, or pieces of a file. */
export type Weight = 'waits' | 'works' | 'carries'

export interface GateBounds {
  readonly requestsMax: number
  /** Of them, those that carry bytes of files: over all connections, and of one. */
  readonly carryingMax: number
  readonly carryingPerConnectionMax: number
}

export const gateBounds: GateBounds = {
  requestsMax: requestsAtWorkMax,
  carryingMax: carryingAtWorkMax,
  carryingPerConnectionMax,
}

/** A request that carries bytes of files. */
export interface Carrier extends Placed {
  /** What the gate last read of it. */
  reading: Reading
  /** Bytes of files that it has moved. */
  readonly bytesMoved: number
  /** Whether it would move more if its peer did its part. */
  readonly waitsForPeer: boolean
  /** Ends it; it leaves the gate meanwhile. */
  expel(error: ConcurError): void
}

/** What a carrier had moved at a moment. */
export interface Reading {
  readonly atMs: number
  readonly bytesMoved: number
}

export class RequestGate {
  private readonly bounds: GateBounds
  private readonly clock: Clock
  private atWork = 0
  private readonly carriers = new Unordered<Carrier>()
  private lookedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: { bounds: GateBounds; clock: Clock }) {
    this.bounds = options.bounds
    this.clock = options.clock
  }

  /** @param carryingHere of the same connection. @returns null, and it counts until `leave`; or why it is not begun. */
  enter(carrier: Carrier, weight: Weight, carryingHere: number): ConcurError | null {
    if (weight === 'waits') return null
    const { requestsMax, carryingMax, carryingPerConnectionMax } = this.bounds
    if (this.atWork >= requestsMax) return busy(`${requestsMax} requests`)
    if (weight === 'carries') {
      if (carryingHere >= carryingPerConnectionMax)
        return busy(`${carryingPerConnectionMax} files on one connection`)
      if (this.carriers.size >= carryingMax) this.expelSlow()
      if (this.carriers.size >= carryingMax) return busy(`${carryingMax} files`)
      carrier.reading = { atMs: this.clock.monotonicMs(), bytesMoved: carrier.bytesMoved }
      this.carriers.add(carrier)
    }
    this.atWork++
    return null
  }

  leave(carrier: Carrier, weight: Weight): void {
    if (weight === 'waits') return
    this.atWork--
    this.carriers.remove(carrier)
  }

  /** Whoever lets it lie gives way to those who wait; who has it to himself may be as slow as he likes. */
  private expelSlow(): void {
    const nowMs = this.clock.monotonicMs()
    if (nowMs - this.lookedAtMs < slowLookEveryMs) return
    this.lookedAtMs = nowMs
    for (const carrier of this.carriers.all()) {
      const { reading, bytesMoved } = carrier
      if (nowMs - reading.atMs < rateWithinMs) continue
      if (carrier.waitsForPeer && bytesMoved - reading.bytesMoved < rateBytesMin) carrier.expel(tooSlow())
      else carrier.reading = { atMs: nowMs, bytesMoved }
    }
  }
}

function tooSlow(): ConcurError {
  const rate = `less than ${rateBytesMin / 1024} KiB in ${rateWithinMs / 1_000} s`
  return new ConcurError('TIMEOUT', `${rate} of a file were moved, while others waited for the place`)
}

function busy(what: string): ConcurError {
  return new ConcurError('BUSY', `${what} are at work already; ask again`)
}

export function weightOf({ opcode, body }: Request): Weight {
  switch (opcode) {
    case 'WAIT':
    case 'LOCK':
      return 'waits'
    case 'LOG':
      return body.follow ? 'waits' : 'works'
    case 'READ':
      return body.bodies === 'none' ? 'works' : 'carries'
    case 'CHANGE':
      return bytesBehind(body.what) === undefined ? 'works' : 'carries'
    case 'CONTENT':
      return 'carries'
    default:
      return 'works'
  }
}
