/**
 * The names of this client's changes: a nonce of its life, a counter, and the coordinator's seq as far as it is known
 * when the first attempt begins. Clause: protocol/README.md "CHANGE".
 */
import type { Connection } from '../../protocol/connection.ts'
import { type Nonce, parseNonce } from '../../protocol/ids.ts'
import type { Operation } from '../../protocol/record.ts'
import type { Random } from '../../protocol/world.ts'
import type { Connected } from '../connecting.ts'

const nonceBytes = 16

export class Operations {
  private readonly nonce: Nonce
  private counter = 0
  /** The highest seq of a change that was acknowledged over a connection: a later change began behind it. */
  private readonly acknowledged = new WeakMap<Connection, number>()

  constructor(random: Pick<Random, 'bytes'>) {
    this.nonce = parseNonce(random.bytes(nonceBytes).toString('hex'))!
  }

  /** @returns the name of a change that was never sent before. */
  next({ connection, peer }: Connected): Operation {
    this.counter++
    const floor = Math.max(peer.lastSeq ?? 0, this.acknowledged.get(connection) ?? 0)
    return { nonce: this.nonce, counter: this.counter, floor }
  }

  /** A change was acknowledged as `seq`. */
  note(connection: Connection, seq: number): void {
    if (seq > (this.acknowledged.get(connection) ?? 0)) this.acknowledged.set(connection, seq)
  }
}
