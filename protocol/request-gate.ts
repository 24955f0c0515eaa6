/**
 * How many requests of clients a server works on at once, over all its connections, and how many of them may hold bytes of
 * files meanwhile. Clause: README.md "Limits".
 */
import { bytesBehind } from './change-messages.ts'
import { ConcurError } from './errors.ts'
import { carryingAtWorkMax, carryingPerConnectionMax, requestsAtWorkMax } from './limits.ts'
import type { Request } from './opcodes.ts'

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

export class RequestGate {
  private readonly bounds: GateBounds
  private atWork = 0
  private carrying = 0

  constructor(bounds: GateBounds) {
    this.bounds = bounds
  }

  /** @param carryingHere of the same connection. @returns null, and it counts until `leave`; or why it is not begun. */
  enter(weight: Weight, carryingHere: number): ConcurError | null {
    if (weight === 'waits') return null
    const { requestsMax, carryingMax, carryingPerConnectionMax } = this.bounds
    if (this.atWork >= requestsMax) return busy(`${requestsMax} requests`)
    if (weight === 'carries') {
      if (carryingHere >= carryingPerConnectionMax)
        return busy(`${carryingPerConnectionMax} files on one connection`)
      if (this.carrying >= carryingMax) return busy(`${carryingMax} files`)
      this.carrying++
    }
    this.atWork++
    return null
  }

  leave(weight: Weight): void {
    if (weight === 'waits') return
    this.atWork--
    if (weight === 'carries') this.carrying--
  }
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
