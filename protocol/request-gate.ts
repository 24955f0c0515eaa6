/** How many requests of clients a server works on at once, over all its connections. Clause: README.md "Limits". */
import { ConcurError } from './errors.ts'
import type { Request } from './opcodes.ts'

export class RequestGate {
  private readonly requestsMax: number
  private atWork = 0

  constructor(requestsMax: number) {
    this.requestsMax = requestsMax
  }

  /** @returns null, and the request counts until `leave`; or why it is not begun. */
  enter(): ConcurError | null {
    if (this.atWork >= this.requestsMax)
      return new ConcurError('BUSY', `${this.requestsMax} requests are at work already; ask again`)
    this.atWork++
    return null
  }

  leave(): void {
    this.atWork--
  }
}

/** Whether it may stay open for long, and holds next to nothing meanwhile. */
export function onlyWaits({ opcode, body }: Request): boolean {
  return opcode === 'WAIT' || opcode === 'LOCK' || (opcode === 'LOG' && body.follow)
}
