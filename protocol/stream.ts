/**
 * One request and its answer: a stream of frames in both directions on a connection, with credit for the flow
 * frames of each. Knows its connection only as the functions it needs. Clause: README.md "Streams and credit".
 */
import { ConcurError } from './errors.ts'
import { chunkBytesMax, frameBodyBytesMax, streamCreditBytes } from './limits.ts'
import {
  type BodyOf,
  type ControlOpcode,
  type FlowOpcode,
  type Message,
  opcodes,
  type RawOpcode,
} from './opcodes.ts'
import { type FlowQueue, type Outbox, releaseFrames } from './outbox.ts'
import type { Carrier, Reading, Weight } from './request-gate.ts'
import { assertFollows, type Upload } from './upload.ts'

export interface StreamEvents {
  /**
   * A frame of this stream. A raw body is valid during the call only. Who has worked on the body of a flow frame
   * calls `consumed` with its `bodyBytes`, or the peer stops.
   */
  onMessage(message: Message, fin: boolean, bodyBytes: number): void
  /** ERROR or CANCEL from the peer, or the connection is lost (UNREACHABLE). Comes once, last. */
  onFailed(error: ConcurError): void
}

const atOnce = Promise.resolve()
const nothingRead: Reading = { atMs: 0, bytesMoved: 0 }

/** Credit is given back in portions of at least this share of what the peer may send ahead. */
const creditPortionShare = 1 / 4

export class Stream implements Carrier {
  readonly id: number
  /** Acceptor: as what it counts among the requests that are at work. */
  weight: Weight = 'waits'
  /** Acceptor: where it stands among those that carry bytes, and what was last read of it there. */
  place = -1
  reading = nothingRead
  private readonly outbox: Outbox
  private readonly onEnded: (id: number) => void
  private readonly queue: FlowQueue
  private events: StreamEvents | null = null
  /** What the peer may send ahead of what was worked on. */
  private aheadBytes: number = streamCreditBytes
  private receiveCredit: number = streamCreditBytes
  private creditOwed = 0
  private moved = 0
  private saidFin = false
  private heardFin = false
  private isOver = false
  /** Acceptor: what the dialer may still send. */
  private upload: Upload | null = null

  constructor(options: { id: number; outbox: Outbox; onEnded: (id: number) => void }) {
    this.id = options.id
    this.outbox = options.outbox
    this.onEnded = options.onEnded
    this.queue = { stream: options.id, frames: [], credit: streamCreditBytes, inRound: false }
  }

  /** Whether nothing more can be sent: it was finished, failed or cancelled. */
  get ended(): boolean {
    return this.isOver || this.saidFin
  }

  /** Bytes of flow frames that were heard, and of long ones that left. */
  get bytesMoved(): number {
    return this.moved
  }

  /** Whether it is the peer who has to send or to take something. */
  get waitsForPeer(): boolean {
    if (!this.heardFin) return this.receiveCredit >= chunkBytesMax
    const next = this.queue.frames[0]
    return next !== undefined && next.body.length > this.queue.credit
  }

  listen(events: StreamEvents): void {
    this.events = events
  }

  /** Sends a control message. Does nothing on a stream that has ended. */
  send<K extends ControlOpcode>(opcode: K, body: BodyOf<K>, fin = false): void {
    if (this.ended) return
    this.outbox.sendControl(this.id, opcode, body, fin)
    if (!fin) return
    this.saidFin = true
    this.endIfBothFinished()
  }

  /** Sends a message of the flow lane. Does nothing on a stream that has ended. */
  sendFlow<K extends Exclude<FlowOpcode, RawOpcode>>(opcode: K, body: BodyOf<K>, fin = false): Promise<void> {
    if (this.ended) return atOnce
    const waiting = this.outbox.sendFlow(this.queue, opcode, body, fin)
    if (waiting === null) return this.leftAtOnce(fin)
    if (waiting.length > frameBodyBytesMax)
      throw new Error(`${opcode} with ${waiting.length} bytes does not fit into a frame`)
    return this.sendPiece(opcode, waiting, fin)
  }

  /**
   * Sends bytes in frames of at most 256 KiB.
   * @returns when they have left and may be used again; at once on a stream that has ended.
   */
  sendPiece(opcode: FlowOpcode, bytes: Buffer, fin = false): Promise<void> {
    if (this.ended) return atOnce
    if (this.outbox.sendPiece(this.queue, opcode, bytes, fin)) return this.leftAtOnce(fin)
    return new Promise(resolve => this.queuePiece(opcode, bytes, { fin, onSent: resolve }))
  }

  /** As sendPiece, for callers that need no promise. */
  queuePiece(opcode: FlowOpcode, bytes: Buffer, options: { fin: boolean; onSent: () => void }): void {
    if (this.ended) return options.onSent()
    let framesLeft = Math.max(1, Math.ceil(bytes.length / chunkBytesMax))
    const onSent = (): void => {
      this.moved += Math.min(bytes.length, chunkBytesMax)
      if (--framesLeft === 0) this.onPieceSent(options)
    }
    for (let at = 0; at === 0 || at < bytes.length; at += chunkBytesMax) {
      const isLast = at + chunkBytesMax >= bytes.length
      const body = bytes.length <= chunkBytesMax ? bytes : bytes.subarray(at, at + chunkBytesMax)
      this.queue.frames.push({ opcode, fin: isLast && options.fin, body, onSent })
    }
    if (options.fin) this.saidFin = true
    this.outbox.ready(this.queue)
  }

  /** Ends the stream with an error that the peer is told. */
  fail(error: ConcurError): void {
    if (this.isOver) return
    this.outbox.sendControl(this.id, 'ERROR', { code: error.code, message: error.message }, true)
    this.end()
  }

  /** Ends the stream with an error that the peer is told, and whoever works on it here. */
  expel(error: ConcurError): void {
    if (this.isOver) return
    this.outbox.sendControl(this.id, 'ERROR', { code: error.code, message: error.message }, true)
    this.lose(error)
  }

  /** Ends the stream because its answer is not wanted any more. */
  cancel(): void {
    if (this.isOver) return
    this.outbox.sendControl(this.id, 'CANCEL', {}, true)
    this.end()
  }

  /** Gives the peer credit for the bodies of flow frames that were worked on. */
  consumed(bytes: number): void {
    this.creditOwed += bytes
    if (this.creditOwed < this.aheadBytes * creditPortionShare || this.heardFin || this.isOver) return
    this.giveCredit(this.creditOwed)
    this.creditOwed = 0
  }

  /** Lets the peer send so much more ahead of what was worked on. */
  admit(bytes: number): void {
    if (this.heardFin || this.isOver) return
    this.aheadBytes += bytes
    this.giveCredit(bytes)
  }

  /**
   * The connection heard a frame of this stream.
   * @throws ConcurError BAD_FRAME when the peer sends beyond its credit, after its last frame, or what does not follow
   *   its request.
   */
  hear(message: Message, fin: boolean, bodyBytes: number): void {
    if (this.isOver) return
    if (message.opcode === 'CREDIT') return this.grant(message.body.bytes)
    if (message.opcode === 'ERROR') return this.lose(new ConcurError(message.body.code, message.body.message))
    if (message.opcode === 'CANCEL')
      return this.lose(new ConcurError('UNREACHABLE', 'the peer does not want the answer any more'))
    if (this.heardFin)
      throw new ConcurError('BAD_FRAME', `${message.opcode} after the last frame of stream ${this.id}`)
    if (this.upload !== null) assertFollows(this.upload, message.opcode, fin)
    if (opcodes[message.opcode].lane === 'flow') {
      if (bodyBytes > this.receiveCredit)
        throw new ConcurError('BAD_FRAME', `${message.opcode} beyond the credit of stream ${this.id}`)
      this.receiveCredit -= bodyBytes
      this.moved += bodyBytes
    }
    this.heardFin = fin
    this.events?.onMessage(message, fin, bodyBytes)
    if (fin) this.endIfBothFinished()
  }

  /** Ends the stream without telling the peer: it has told us, or is gone. */
  lose(error: ConcurError): void {
    if (this.isOver) return
    this.end()
    this.events?.onFailed(error)
  }

  /** Acceptor: the request that opened the stream was heard, and this is what follows it. */
  hearRequest(upload: Upload | null): void {
    this.upload = upload
    this.heardFin = upload === null
  }

  private leftAtOnce(fin: boolean): Promise<void> {
    if (fin) {
      this.saidFin = true
      this.endIfBothFinished()
    }
    return atOnce
  }

  private giveCredit(bytes: number): void {
    this.receiveCredit += bytes
    this.outbox.sendControl(this.id, 'CREDIT', { bytes }, false)
  }

  private grant(bytes: number): void {
    this.queue.credit += bytes
    if (this.queue.credit > 2 ** 40)
      throw new ConcurError('BAD_FRAME', `credit without bound on stream ${this.id}`)
    this.outbox.ready(this.queue)
  }

  private onPieceSent(piece: { fin: boolean; onSent: () => void }): void {
    piece.onSent()
    if (piece.fin) this.endIfBothFinished()
  }

  /** A last frame that still waits for credit keeps the stream: its peer must be heard. */
  private endIfBothFinished(): void {
    if (!this.saidFin || !this.heardFin || this.isOver || this.queue.frames.length > 0) return
    this.isOver = true
    this.onEnded(this.id)
  }

  private end(): void {
    this.isOver = true
    releaseFrames(this.queue)
    this.onEnded(this.id)
  }
}
