/**
 * What a connection still has to send, and the only place that writes to its transport. Control frames go first;
 * flow frames follow, one stream after the other in turn, as far as credit and the bytes already under way allow.
 * All frames of one turn leave in one write, or in a few where they are many. Clause: README.md "Order of sending".
 */
import { ByteWriter } from './bytes.ts'
import { type FrameHeader, writeFrameHeader } from './frame.ts'
import {
  chunkBytesAheadMax,
  drainWithinMsMax,
  frameHeaderBytes,
  unsentBytesMax,
  unsentBytesPause,
} from './limits.ts'
import {
  type BodyOf,
  type ControlOpcode,
  encodeBody,
  type FlowOpcode,
  type Opcode,
  type RawOpcode,
} from './opcodes.ts'
import type { Cancel, Timers, Transport } from './world.ts'

export interface FlowFrame {
  readonly opcode: FlowOpcode
  readonly fin: boolean
  /** Belongs to the outbox until `onSent`. */
  readonly body: Buffer
  /** Called once: the bytes may be used again. */
  readonly onSent: () => void
}

/** A stream's queue of flow frames, and what its peer admits. */
export interface FlowQueue {
  readonly stream: number
  readonly frames: FlowFrame[]
  /** Bytes that the peer admits; Infinity where another node counts. */
  credit: number
  /** Whether it stands in the outbox's round already. */
  inRound: boolean
}

/** So much leaves before its turn has ended: the peer begins with it while the rest of a long turn is made. */
const earlyBytes = 32 * 1024

/** Bodies up to this size are copied beside their headers; larger ones are written as they are. */
const copiedBytesMax = 8 * 1024

export class Outbox {
  private readonly transport: Transport
  private readonly timers: Timers
  private readonly onStuck: () => void
  private readonly onDrained: () => void
  private readonly control = new ByteWriter()
  private readonly round: FlowQueue[] = []
  private readonly underWay = new Set<readonly FlowFrame[]>()
  private writesDone = 0
  private callOffWatch: Cancel | null = null
  private flowBytesUnderWay = 0
  /** Of flow frames that stand among the control frames, to leave with them. */
  private flowBytesWritten = 0
  private bytesUnderWay = 0
  private flushDue = false
  private closed = false
  private isHeld = false

  /**
   * `onStuck`: the peer took nothing for the longest time allowed, or too much waits for it.
   * `onDrained`: a write has left.
   */
  constructor(options: { transport: Transport; timers: Timers; onStuck: () => void; onDrained: () => void }) {
    this.transport = options.transport
    this.timers = options.timers
    this.onStuck = options.onStuck
    this.onDrained = options.onDrained
  }

  /** Bytes that were handed to the transport or wait to be, and have not left. */
  get unsentBytes(): number {
    return this.bytesUnderWay + this.control.length
  }

  sendControl<K extends ControlOpcode>(stream: number, opcode: K, body: BodyOf<K>, fin: boolean): void {
    const { control } = this
    const at = this.reserveHeader()
    encodeBody(control, opcode, body)
    this.finishHeader(at, stream, opcode, fin)
    this.leaveSoon()
  }

  /** A control frame whose body is encoded already. The bytes are copied. */
  sendEncoded(stream: number, opcode: Opcode, body: Uint8Array, fin: boolean): void {
    const at = this.reserveHeader()
    this.control.bytes(body)
    this.finishHeader(at, stream, opcode, fin)
    this.leaveSoon()
  }

  /**
   * Sends a flow frame with what leaves next, where nothing waits in front of it and it is small.
   * @returns null, or the encoded body of a frame that has to wait in its queue.
   */
  sendFlow<K extends Exclude<FlowOpcode, RawOpcode>>(
    queue: FlowQueue,
    opcode: K,
    body: BodyOf<K>,
    fin: boolean,
  ): Buffer | null {
    const { control } = this
    const at = this.reserveHeader()
    encodeBody(control, opcode, body)
    const bodyBytes = control.length - at - frameHeaderBytes
    if (this.mayLeaveAtOnce(queue, bodyBytes)) {
      this.leaveAtOnce(queue, at, { bodyBytes, stream: queue.stream, opcode, fin })
      return null
    }
    const encoded = Buffer.from(control.view(at + frameHeaderBytes))
    control.cut(at)
    return encoded
  }

  /** As sendFlow, for bytes as they are, which are copied. @returns false for those that have to wait. */
  sendPiece(queue: FlowQueue, opcode: FlowOpcode, bytes: Uint8Array, fin: boolean): boolean {
    if (!this.mayLeaveAtOnce(queue, bytes.length)) return false
    const at = this.reserveHeader()
    this.control.bytes(bytes)
    this.leaveAtOnce(queue, at, { bodyBytes: bytes.length, stream: queue.stream, opcode, fin })
    return true
  }

  /** What was sent leaves now; what is sent from here on waits until `release`. */
  hold(): void {
    this.flush()
    this.isHeld = true
  }

  release(): void {
    this.isHeld = false
    this.flushSoon()
  }

  /** A frame of stream 0 that leaves at once, in front of all that waits. */
  sendAhead<K extends ControlOpcode>(opcode: K, body: BodyOf<K>): void {
    const writer = new ByteWriter()
    writer.skip(frameHeaderBytes)
    encodeBody(writer, opcode, body)
    const bodyBytes = writer.length - frameHeaderBytes
    writeFrameHeader(writer.whole, 0, { bodyBytes, stream: 0, opcode, fin: true })
    if (!this.closed) this.write([writer.take()], 0, [])
  }

  /** Call after frames were put into a queue or its credit grew. */
  ready(queue: FlowQueue): void {
    const next = queue.frames[0]
    if (queue.inRound || next === undefined || next.body.length > queue.credit) return
    queue.inRound = true
    this.round.push(queue)
    this.flushSoon()
  }

  /** The transport is gone: nothing is sent after this, and every frame is given back. */
  close(): void {
    this.closed = true
    this.callOffWatch?.()
    for (const queue of this.round.splice(0)) releaseFrames(queue)
    for (const frames of this.underWay) for (const frame of frames) frame.onSent()
    this.underWay.clear()
  }

  /** Sends now what there is, without waiting for the end of the turn. */
  flush(): void {
    this.flushDue = false
    if (this.closed || this.isHeld) return
    const buffers: Buffer[] = []
    const sent: FlowFrame[] = []
    let flowBytes = this.flowBytesWritten
    let cutAt = 0
    while (this.isNextAdmitted(flowBytes)) {
      const queue = this.round.shift()!
      queue.inRound = false
      const frame = queue.frames.shift()
      if (frame === undefined) continue
      queue.credit -= frame.body.length
      flowBytes += frame.body.length + frameHeaderBytes
      cutAt = this.appendFlow(queue.stream, frame, buffers, cutAt)
      sent.push(frame)
      this.ready(queue)
    }
    if (this.control.length > cutAt) buffers.push(this.control.view(cutAt))
    if (buffers.length === 0) return
    this.control.take()
    this.flowBytesWritten = 0
    this.write(buffers, flowBytes, sent)
  }

  private mayLeaveAtOnce(queue: FlowQueue, bodyBytes: number): boolean {
    const waits = queue.frames.length > 0 || this.round.length > 0
    if (waits || bodyBytes > copiedBytesMax || bodyBytes > queue.credit) return false
    return this.flowBytesUnderWay + this.flowBytesWritten + frameHeaderBytes + bodyBytes <= chunkBytesAheadMax
  }

  private leaveAtOnce(queue: FlowQueue, at: number, header: FrameHeader): void {
    writeFrameHeader(this.control.whole, at, header)
    queue.credit -= header.bodyBytes
    this.flowBytesWritten += frameHeaderBytes + header.bodyBytes
    this.leaveSoon()
  }

  /** Whether the next flow frame may leave: no more of them wait in front of a control frame than the limit says. */
  private isNextAdmitted(flowBytesTaken: number): boolean {
    const next = this.round[0]
    if (next === undefined) return false
    const frameBytes = frameHeaderBytes + (next.frames[0]?.body.length ?? 0)
    return this.flowBytesUnderWay + flowBytesTaken + frameBytes <= chunkBytesAheadMax
  }

  private write(buffers: Buffer[], flowBytes: number, sent: FlowFrame[]): void {
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    this.bytesUnderWay += bytes
    this.flowBytesUnderWay += flowBytes
    if (sent.length > 0) this.underWay.add(sent)
    this.transport.write(buffers, () => {
      this.bytesUnderWay -= bytes
      this.flowBytesUnderWay -= flowBytes
      this.writesDone++
      this.underWay.delete(sent)
      for (const frame of sent) frame.onSent()
      if (this.round.length > 0) this.flushSoon()
      this.onDrained()
    })
    this.watch()
    if (this.bytesUnderWay > unsentBytesMax) this.onStuck()
  }

  /** One timer at a time; it lapses when nothing waits any more. */
  private watch(): void {
    if (this.callOffWatch !== null) return
    const before = this.writesDone
    this.callOffWatch = this.timers.after(drainWithinMsMax, () => {
      this.callOffWatch = null
      if (this.closed || this.bytesUnderWay === 0) return
      if (this.writesDone === before) this.onStuck()
      else this.watch()
    })
  }

  /** @returns up to where the control bytes stand in `buffers` already. */
  private appendFlow(stream: number, frame: FlowFrame, buffers: Buffer[], cutAt: number): number {
    const at = this.reserveHeader()
    const small = frame.body.length <= copiedBytesMax
    if (small) this.control.bytes(frame.body)
    const header = { bodyBytes: frame.body.length, stream, opcode: frame.opcode, fin: frame.fin }
    writeFrameHeader(this.control.whole, at, header)
    if (small) return cutAt
    buffers.push(this.control.view(cutAt), frame.body)
    return this.control.length
  }

  private reserveHeader(): number {
    const at = this.control.length
    this.control.skip(frameHeaderBytes)
    return at
  }

  private finishHeader(at: number, stream: number, opcode: Opcode, fin: boolean): void {
    const bodyBytes = this.control.length - at - frameHeaderBytes
    writeFrameHeader(this.control.whole, at, { bodyBytes, stream, opcode, fin })
  }

  /** Not early where the peer is slow to take what left before. */
  private leaveSoon(): void {
    if (this.control.length >= earlyBytes && this.bytesUnderWay < unsentBytesPause && !this.closed)
      this.flush()
    else this.flushSoon()
  }

  private flushSoon(): void {
    if (this.flushDue || this.closed) return
    this.flushDue = true
    this.timers.endOfTurn(() => this.flush())
  }
}

/** Gives back every frame that a queue still holds. */
export function releaseFrames(queue: FlowQueue): void {
  for (const frame of queue.frames.splice(0)) frame.onSent()
}
