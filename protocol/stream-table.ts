/** The streams of one connection by their numbers, which only grow. Clause: README.md "Sessions". */
import { ConcurError } from './errors.ts'
import { NumberTable } from './number-table.ts'
import type { Outbox } from './outbox.ts'
import type { RequestGate, Weight } from './request-gate.ts'
import { Stream } from './stream.ts'

export class StreamTable {
  private readonly outbox: Outbox
  private readonly onIdle: () => void
  private readonly gate: RequestGate | null
  private readonly underWay = new NumberTable<Stream>()
  private lastOpened = 0
  /** Streams that count as carrying bytes of files. */
  private carrying = 0

  /** `onIdle`: the last stream that was under way has ended. `gate`: where those count that are at work. */
  constructor(options: { outbox: Outbox; onIdle: () => void; gate: RequestGate | null }) {
    this.outbox = options.outbox
    this.onIdle = options.onIdle
    this.gate = options.gate
  }

  get count(): number {
    return this.underWay.size
  }

  /** The highest number that either side has opened; 0 before the first. */
  get last(): number {
    return this.lastOpened
  }

  get(id: number): Stream | undefined {
    return this.underWay.get(id)
  }

  /** @throws ConcurError BAD_FRAME when the peer opens a stream whose number is not higher than every one before. */
  countOpened(id: number): void {
    if (id <= this.lastOpened) throw new ConcurError('BAD_FRAME', `stream ${id} is opened again`)
    this.lastOpened = id
  }

  /** Adds a stream that the peer has opened. */
  add(id: number): Stream {
    const stream = new Stream({ id, outbox: this.outbox, onEnded: this.onEnded })
    this.underWay.set(id, stream)
    return stream
  }

  /** Opens the next stream. */
  addNext(): Stream {
    return this.add(++this.lastOpened)
  }

  loseAll(error: ConcurError): void {
    for (const stream of this.underWay.all()) stream.lose(error)
  }

  /** @returns null, and the stream counts as being at work; or why it may not. */
  enterGate(gate: RequestGate, stream: Stream, weight: Weight): ConcurError | null {
    const busy = gate.enter(stream, weight, this.carrying)
    if (busy !== null) return busy
    stream.weight = weight
    if (weight === 'carries') this.carrying++
    return null
  }

  private leaveGate(gate: RequestGate, stream: Stream): void {
    gate.leave(stream, stream.weight)
    if (stream.weight === 'carries') this.carrying--
  }

  private readonly onEnded = (id: number): void => {
    const stream = this.underWay.get(id)
    if (this.gate !== null && stream !== undefined) this.leaveGate(this.gate, stream)
    this.underWay.delete(id)
    if (this.underWay.size === 0) this.onIdle()
  }
}
