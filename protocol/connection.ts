/**
 * One connection to one peer: frames over a transport under a session. Opens streams as the dialer, gives requests to
 * their handler as the acceptor, and ends with a GOAWAY that says why.
 * A peer's mistake ends its connection; it never reaches anybody else. Clause: README.md "Connections".
 */
import { ByteWriter } from './bytes.ts'
import { asConcurError, ConcurError, type ErrorCode } from './errors.ts'
import { Forwarding } from './forwarding.ts'
import type { Frame } from './frame.ts'
import { FramedTransport } from './framed-transport.ts'
import { helloWithinMsMax, idleWithinMsMax, streamNumberLast, streamsPerConnectionMax } from './limits.ts'
import type { Heartbeat, Hello, Rights } from './messages.ts'
import type { BodyOf, Message, Request, RequestOpcode } from './opcodes.ts'
import { decodeBody, encodeBody, opcodes } from './opcodes.ts'
import { type AcceptorKeys, AcceptorProof, type DialerKey, DialerProof } from './proof.ts'
import { readRequest } from './request.ts'
import { onlyWaits, type RequestGate } from './request-gate.ts'
import { rightsOf } from './rights.ts'
import type { SessionState, Side } from './session.ts'
import { assertAdmitted, chooseVersion, moveSession, wireVersions } from './session.ts'
import type { Stream, StreamEvents } from './stream.ts'
import { StreamTable } from './stream-table.ts'
import { uploadOf } from './upload.ts'
import type { Cancel, Timers, Transport } from './world.ts'

export type { Request }

/** What a side says of itself; the rest of its HELLO is the connection's. */
export type OwnHello = Omit<Hello, 'versionMin' | 'versionMax' | 'claim'>

export interface ConnectionEvents {
  /**
   * The peer's HELLO is in, and where keys are in use it has proven itself. Throw a ConcurError to turn the peer away. A dialer may ask from now on; what an acceptor
   * sends before this returns goes nowhere.
   */
  onOpen(peer: Hello): void
  /** Acceptor: a request. `fin`: the peer sends nothing more on this stream. */
  onRequest?(stream: Stream, request: Request, fin: boolean): void
  /** Dialer: the acceptor reports. */
  onHeartbeat?(heartbeat: Heartbeat): void
  /** Bytes arrived, of whatever kind. */
  onHeard?(): void
  /** The connection is gone, whatever the reason. Comes once, last. */
  onClosed(error: ConcurError): void
}

export interface ConnectionOptions {
  readonly transport: Transport
  readonly side: Side
  readonly timers: Timers
  readonly hello: OwnHello
  /** Dialer: what it proves itself with, and what the acceptor has to prove. None: no acceptor has to prove anything. */
  readonly key?: DialerKey | null
  /** Acceptor: what a dialer has to prove. None: whoever reaches it may do everything. */
  readonly keys?: AcceptorKeys | null
  /** Acceptor: where the requests of clients count that are at work. */
  readonly gate?: RequestGate
  /** Streams that a peer may have open at once. */
  readonly streamsMax?: (peer: Hello) => number
  readonly events: ConnectionEvents
}

export class Connection {
  private readonly options: ConnectionOptions
  private readonly wire: FramedTransport
  private readonly forwarding: Forwarding
  private readonly streams: StreamTable
  private readonly giveUpOnHello: Cancel
  private callOffIdleness: Cancel = ignore
  private readonly dialerProof: DialerProof | null
  private acceptorProof: AcceptorProof | null = null
  /** Dialer: the body of our HELLO. */
  private said: Buffer = nothing
  private state: SessionState = 'awaiting-hello'
  private peer: Hello | null = null
  private rights: Rights = 'client'
  private streamsMax = streamsPerConnectionMax
  private error: ConcurError | null = null
  /** Where frames of streams go instead, on a connection that is spliced to another one. */
  private splice: ((frame: Frame) => boolean) | null = null

  constructor(options: ConnectionOptions) {
    const { transport, timers, side } = options
    this.options = options
    this.wire = new FramedTransport({
      transport,
      timers,
      pausesWhenFull: side === 'acceptor',
      events: {
        onHeard: () => options.events.onHeard?.(),
        assertHeader: ({ opcode }) => assertAdmitted(this.state, side, opcode),
        onFrame: frame => this.onFrame(frame),
        onMistake: error => this.closeWith(asConcurError(error)),
        onStuck: () => this.abandon(new ConcurError('TIMEOUT', 'the peer does not read what it is sent')),
        onPeerEnded: () => this.onPeerEnded(),
        onGone: error => this.onGone(error),
      },
    })
    const { outbox } = this.wire
    this.forwarding = new Forwarding(outbox)
    this.streams = new StreamTable({ outbox, onIdle: () => this.wire.rest(), gate: options.gate ?? null })
    this.giveUpOnHello = timers.after(helloWithinMsMax, () => this.close('TIMEOUT', 'no HELLO in time'))
    this.dialerProof = options.key ? new DialerProof(options.key) : null
    if (side === 'dialer') {
      this.said = this.ownHello(wireVersions)
      outbox.sendEncoded(0, 'HELLO', this.said, true)
    }
    if (this.dialerProof !== null) outbox.hold()
    this.wire.start()
  }

  get isOpen(): boolean {
    return this.state === 'open'
  }

  get peerHost(): string {
    return this.options.transport.peerHost
  }

  /** Streams that are under way. */
  get streamCount(): number {
    return this.streams.count
  }

  /**
   * Opens a stream with a request, which is its sender's only frame unless `more` follows. A dialer may ask before it has
   * heard the peer's HELLO; if it is turned away, the stream fails with that. A dialer with a key says nothing of it before
   * the acceptor has proven itself.
   * @throws ConcurError UNREACHABLE on a connection that ended.
   */
  request<K extends RequestOpcode>(opcode: K, body: BodyOf<K>, events: StreamEvents, more = false): Stream {
    if (this.error !== null) throw this.error
    const stream = this.streams.addNext()
    stream.listen(events)
    stream.send(opcode, body, !more)
    if (stream.id === streamNumberLast) this.closeSoon('its stream numbers are used up')
    return stream
  }

  /** Acceptor: reports to the dialer. */
  sendHeartbeat(heartbeat: Heartbeat): void {
    if (this.state === 'open') this.wire.outbox.sendControl(0, 'HEARTBEAT', heartbeat, true)
  }

  /** Ends in order: what was sent arrives, then GOAWAY with the reason. */
  close(code: ErrorCode, message: string): void {
    this.closeWith(new ConcurError(code, message))
  }

  /** Hands every frame of a stream for which `take` answers true to `take`, unread. */
  spliceWith(take: (frame: Frame) => boolean): void {
    this.splice = take
  }

  /**
   * Sends on a frame of another connection, as it is; its credit is counted by the ends.
   * @returns whether `onFlowSent` will be called: when a frame of the flow lane has left, or never will.
   */
  forward(frame: Frame, onFlowSent: () => void = ignore): boolean {
    if (this.state !== 'open') return false
    this.forwarding.forward(frame, onFlowSent)
    return opcodes[frame.opcode].lane === 'flow'
  }

  /** Reads nothing more until `resumeReading`, so that the peer feels it. */
  pauseReading(): void {
    this.wire.hold()
  }

  resumeReading(): void {
    this.wire.release()
  }

  /** Answers a stream that was spliced with an error. */
  refuse(stream: number, { code, message }: ConcurError): void {
    if (this.state === 'open') this.wire.outbox.sendControl(stream, 'ERROR', { code, message }, true)
  }

  /** Works on a frame that a splice has held back, in its order. The peer's mistake ends this connection. */
  hear(frame: Frame): void {
    try {
      this.onStreamFrame(frame)
    } catch (error) {
      this.closeWith(asConcurError(error))
    }
  }

  /** @returns the body of our HELLO for these versions. */
  private ownHello({ min, max }: { min: number; max: number }): Buffer {
    const claim = this.dialerProof?.claim ?? null
    const writer = new ByteWriter()
    encodeBody(writer, 'HELLO', { ...this.options.hello, versionMin: min, versionMax: max, claim })
    return writer.take()
  }

  private onFrame(frame: Frame): void {
    if (this.state === 'ended') return
    if (frame.stream === 0) return this.onConnectionFrame(decodeBody(frame.opcode, frame.body), frame.body)
    if (opcodes[frame.opcode].kind === 'request') this.streams.countOpened(frame.stream)
    if (!this.splice?.(frame)) this.onStreamFrame(frame)
  }

  private onStreamFrame(frame: Frame): void {
    if (this.state === 'ended') return
    if (opcodes[frame.opcode].kind === 'request') return this.onRequestFrame(frame)
    const stream = this.streams.get(frame.stream)
    if (stream !== undefined)
      return stream.hear(decodeBody(frame.opcode, frame.body), frame.fin, frame.body.length)
    if (frame.stream > this.streams.last && this.splice === null)
      throw new ConcurError('BAD_FRAME', `${frame.opcode} on a stream that was never opened`)
  }

  private onConnectionFrame(message: Message, bytes: Buffer): void {
    switch (message.opcode) {
      case 'HELLO':
        if (this.options.side === 'dialer') return this.onAnswered(message.body, bytes)
        return this.onHello(message.body, bytes)
      case 'CHALLENGE':
        return this.onChallenge(message.body.nonce)
      case 'PROOF':
        return this.onProof(message.body.proof)
      case 'HEARTBEAT':
        return this.options.events.onHeartbeat?.(message.body)
      case 'GOAWAY':
        this.end(new ConcurError(message.body.code, message.body.message))
        return this.wire.end()
    }
  }

  /** Dialer: the acceptor wants a proof. */
  private onChallenge(acceptorNonce: Buffer): void {
    if (this.dialerProof === null) throw new ConcurError('UNAUTHENTICATED', 'wants a key: give --token-file')
    const { channel } = this.options.transport
    const proof = this.dialerProof.answer({ dialerHello: this.said, acceptorNonce, channel })
    this.state = moveSession(this.state, 'proven')
    this.wire.outbox.sendAhead('PROOF', { proof })
  }

  private onProof(proof: Buffer): void {
    if (this.options.side === 'dialer') return this.dialerProof!.hear(proof)
    this.acceptorProof!.assertProven(proof)
    this.admit(this.peer!)
  }

  /** Dialer: the acceptor takes us. */
  private onAnswered(peer: Hello, bytes: Buffer): void {
    chooseVersion(peer)
    this.dialerProof?.assertProven(bytes)
    this.giveUpOnHello()
    this.peer = peer
    this.state = moveSession(this.state, 'open')
    if (this.dialerProof !== null) this.wire.outbox.release()
    this.options.events.onOpen(peer)
  }

  /** Acceptor. */
  private onHello(peer: Hello, bytes: Buffer): void {
    chooseVersion(peer)
    this.peer = peer
    const { keys = null, transport, timers } = this.options
    if (keys === null) return this.admit(peer)
    const said = { dialerHello: Buffer.from(bytes), channel: transport.channel }
    const proof = new AcceptorProof(keys, peer, said)
    this.acceptorProof = proof
    this.state = moveSession(this.state, 'awaiting-proof')
    const challenge = (): void => {
      if (this.state === 'awaiting-proof')
        this.wire.outbox.sendControl(0, 'CHALLENGE', { nonce: proof.nonce }, true)
    }
    const pauseMs = keys.pauseMs(transport.peerHost)
    if (pauseMs > 0) timers.after(pauseMs, challenge)
    else challenge()
  }

  /** Acceptor. A peer that is turned away gets a GOAWAY instead of our HELLO, which tells it that it is taken. */
  private admit(peer: Hello): void {
    const version = chooseVersion(peer)
    this.giveUpOnHello()
    if (peer.role === 'client') this.watchIdleness()
    this.rights = rightsOf(peer, this.acceptorProof === null)
    this.streamsMax = this.options.streamsMax?.(peer) ?? streamsPerConnectionMax
    this.options.events.onOpen(peer)
    if (this.state === 'ended') return
    this.state = moveSession(this.state, 'open')
    const { outbox } = this.wire
    const hello = this.ownHello({ min: version, max: version })
    if (this.acceptorProof !== null)
      outbox.sendControl(0, 'PROOF', { proof: this.acceptorProof.answer(hello) }, true)
    outbox.sendEncoded(0, 'HELLO', hello, true)
  }

  /** Acceptor: looks now and then whether the client has asked for anything since. */
  private watchIdleness(): void {
    const before = this.streams.last
    this.callOffIdleness = this.options.timers.after(idleWithinMsMax, () => {
      const isIdle = this.streams.last === before && this.streams.count === 0
      if (isIdle) this.close('UNREACHABLE', 'nothing was asked for a long time')
      else this.watchIdleness()
    })
  }

  private onRequestFrame(frame: Frame): void {
    const stream = this.streams.add(frame.stream)
    if (this.streams.count > this.streamsMax) {
      const sentence = `more than ${this.streamsMax} requests at once on one connection`
      return stream.fail(new ConcurError('BUSY', sentence))
    }
    const request = readRequest(frame, { role: this.peer!.role, rights: this.rights })
    if (request instanceof ConcurError) return stream.fail(request)
    const busy = this.countAtWork(stream, request)
    if (busy !== null) return stream.fail(busy)
    stream.hearRequest(uploadOf(request))
    this.options.events.onRequest?.(stream, request, frame.fin)
  }

  /** Links between nodes have reserved capacity. @returns null, or why the request is not begun. */
  private countAtWork(stream: Stream, request: Request): ConcurError | null {
    const { gate } = this.options
    if (gate === undefined || this.peer!.role === 'coordinator' || onlyWaits(request)) return null
    const busy = gate.enter()
    stream.isAtWork = busy === null
    return busy
  }

  private onPeerEnded(): void {
    this.end(new ConcurError('UNREACHABLE', 'the peer closed the connection'))
    this.wire.end()
  }

  private onGone(cause: Error | null): void {
    const sentence = cause === null ? 'the connection was closed' : 'the connection broke'
    this.end(new ConcurError('UNREACHABLE', sentence, { cause }))
    this.wire.outbox.close()
    this.options.events.onClosed(this.error!)
  }

  /** Those who asked in this turn have their streams in hand before these fail. */
  private closeSoon(sentence: string): void {
    this.options.timers.endOfTurn(() => this.close('UNREACHABLE', sentence))
  }

  private closeWith(error: ConcurError): void {
    if (this.state === 'ended') return
    this.end(error)
    this.wire.outbox.sendControl(0, 'GOAWAY', { code: error.code, message: error.message }, true)
    this.wire.outbox.flush()
    this.wire.end()
  }

  private abandon(error: ConcurError): void {
    this.end(error)
    this.wire.cut()
  }

  /** Every stream fails with `error`; the transport is still there. */
  private end(error: ConcurError): void {
    if (this.state === 'ended') return
    this.state = moveSession(this.state, 'ended')
    this.error = error
    this.giveUpOnHello()
    this.callOffIdleness()
    this.streams.loseAll(error)
  }
}

function ignore(): void {}

const nothing = Buffer.alloc(0)
