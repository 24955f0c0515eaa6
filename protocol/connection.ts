/**
 * One connection to one peer: frames over a transport under a session. Opens streams as the dialer, gives requests to
 * their handler as the acceptor, and ends with a GOAWAY that says why.
 * A peer's mistake ends its connection; it never reaches anybody else. Clause: README.md "Connections".
 */
import { asConcurError, ConcurError, type ErrorCode } from './errors.ts'
import { Forwarding } from './forwarding.ts'
import type { Frame } from './frame.ts'
import { FramedTransport } from './framed-transport.ts'
import { Greeting, type GreetingMessage, type OwnHello } from './greeting.ts'
import { helloWithinMsMax, idleWithinMsMax, streamNumberLast, streamsPerConnectionMax } from './limits.ts'
import type { Heartbeat, Hello, Rights } from './messages.ts'
import type { BodyOf, Message, Request, RequestOpcode } from './opcodes.ts'
import { decodeBody, opcodes } from './opcodes.ts'
import type { AcceptorKeys, DialerKey } from './proof.ts'
import { readRequest } from './request.ts'
import { type RequestGate, weightOf } from './request-gate.ts'
import type { SessionState, Side } from './session.ts'
import { assertAdmitted, moveSession } from './session.ts'
import type { ShortTurns } from './short-turns.ts'
import type { Stream, StreamEvents } from './stream.ts'
import { StreamTable } from './stream-table.ts'
import { uploadOf } from './upload.ts'
import type { Cancel, Timers, Transport } from './world.ts'

export type { Request }

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
  /** Acceptor: what it shares its thread with. */
  readonly turns?: ShortTurns
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
  /** Null where nothing of another connection was ever sent on. */
  private forwarding: Forwarding | null = null
  private readonly streams: StreamTable
  private giveUpOnHello: Cancel
  private callOffIdleness: Cancel = ignore
  /** Null once the session is open: it has nothing more to say then. */
  private greeting: Greeting | null
  private state: SessionState = 'awaiting-hello'
  private peer: Hello | null = null
  private rights: Rights = 'client'
  private streamsMax = streamsPerConnectionMax
  private error: ConcurError | null = null
  /** Where frames of streams go instead, on a connection that is spliced to another one. */
  private splice: ((frame: Frame) => boolean) | null = null
  private isSpliceIdle = (): boolean => true

  constructor(options: ConnectionOptions) {
    const { transport, timers, side } = options
    this.options = options
    this.wire = new FramedTransport({
      transport,
      timers,
      isBounded: side === 'acceptor',
      turns: options.turns ?? null,
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
    this.streams = new StreamTable({ outbox, onIdle: () => this.wire.rest(), gate: options.gate ?? null })
    this.giveUpOnHello = timers.after(helloWithinMsMax, () => this.close('TIMEOUT', 'no HELLO in time'))
    this.greeting = this.newGreeting()
    this.greeting.begin()
    this.wire.start()
  }

  private newGreeting(): Greeting {
    const { key = null, keys = null, ...options } = this.options
    return new Greeting({
      ...options,
      key,
      keys,
      outbox: this.wire.outbox,
      session: {
        state: () => this.state,
        move: to => {
          this.state = moveSession(this.state, to)
        },
        onPeer: (peer, rights) => this.onPeer(peer, rights),
      },
    })
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

  /** Hands every frame of a stream for which `take` answers true to `take`, unread. `isIdle`: nothing of that is under way. */
  spliceWith(take: (frame: Frame) => boolean, isIdle = (): boolean => true): void {
    this.splice = take
    this.isSpliceIdle = isIdle
  }

  /**
   * Sends on a frame of another connection, as it is; its credit is counted by the ends.
   * @returns whether `onFlowSent` will be called: when a frame of the flow lane has left, or never will.
   */
  forward(frame: Frame, onFlowSent: () => void = ignore): boolean {
    if (this.state !== 'open') return false
    this.forwarding ??= new Forwarding(this.wire.outbox)
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
      case 'CHALLENGE':
      case 'PROOF':
        return this.hearGreeting(message, bytes)
      case 'HEARTBEAT':
        return this.options.events.onHeartbeat?.(message.body)
      case 'GOAWAY':
        this.end(new ConcurError(message.body.code, message.body.message))
        return this.wire.endBehindPeer()
    }
  }

  private hearGreeting(message: GreetingMessage, bytes: Buffer): void {
    this.greeting?.hear(message, bytes)
    if (this.state === 'open') this.greeting = null
  }

  /** The peer is who it says; an acceptor may turn it away by what `onOpen` does. */
  private onPeer(peer: Hello, rights: Rights): void {
    const { side, streamsMax, events } = this.options
    this.giveUpOnHello()
    this.giveUpOnHello = ignore
    this.peer = peer
    this.rights = rights
    this.streamsMax = streamsMax?.(peer) ?? streamsPerConnectionMax
    if (side === 'acceptor' && peer.role === 'client') this.watchIdleness()
    events.onOpen(peer)
  }

  /** Acceptor: looks now and then whether the client has asked for anything since. */
  private watchIdleness(): void {
    const before = this.streams.last
    this.callOffIdleness = this.options.timers.after(idleWithinMsMax, () => {
      const isIdle = this.streams.last === before && this.streams.count === 0 && this.isSpliceIdle()
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
    if (gate === undefined || this.peer!.role === 'coordinator') return null
    return this.streams.enterGate(gate, stream, weightOf(request))
  }

  private onPeerEnded(): void {
    this.end(new ConcurError('UNREACHABLE', 'the peer closed the connection'))
    this.wire.end()
  }

  private onGone(cause: Error | null): void {
    if (this.state !== 'ended') {
      const sentence = cause === null ? 'the connection was closed' : 'the connection broke'
      this.end(new ConcurError('UNREACHABLE', sentence, { cause }))
    }
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
