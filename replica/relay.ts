/**
 * One client of a replica, relayed to the coordinator: a connection of its own there, over which the client's frames
 * go as they are, and the answers back. Identity, credit and back-pressure are the two ends' own. Where the
 * coordinator cannot be dialled the request is answered from the one copy that is here.
 */
import { Connection } from '../protocol/connection.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { Frame } from '../protocol/frame.ts'
import { relayedBytesPause, streamsPerConnectionMax } from '../protocol/limits.ts'
import type { Hello } from '../protocol/messages.ts'
import { opcodes } from '../protocol/opcodes.ts'
import type { Address, Clock, Dialer, Timers } from '../protocol/world.ts'

/** Milliseconds for the dial to the coordinator, and for its HELLO. */
const dialWithinMs = 1_000

/** Milliseconds for which a coordinator that could not be dialled counts as gone. */
const goneForMs = 1_000

type State =
  | { readonly is: 'idle' }
  | { readonly is: 'dialling'; readonly held: Frame[] }
  | { readonly is: 'relaying'; readonly upstream: Connection }
  | { readonly is: 'closed' }

export interface RelayOptions {
  readonly connection: Connection
  readonly hello: Omit<Hello, 'versionMin' | 'versionMax'>
  readonly coordinator: () => Address | null
  readonly dialer: Dialer
  readonly timers: Timers
  readonly clock: Clock
}

export class ClientRelay {
  private readonly options: RelayOptions
  private readonly connection: Connection
  /** Streams of the client that the coordinator has to answer. */
  private readonly relayed = new Set<number>()
  private state: State = { is: 'idle' }
  /** Bytes of answers that wait for the client. */
  private answerBytes = 0
  private failedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: RelayOptions) {
    this.options = options
    this.connection = options.connection
    this.connection.spliceWith(frame => this.take(frame))
  }

  close(): void {
    const { state } = this
    this.state = { is: 'closed' }
    if (state.is === 'relaying') state.upstream.close('UNREACHABLE', 'the client is gone')
  }

  /** @returns false for a frame that this node answers itself. */
  private take(frame: Frame): boolean {
    const isRequest = opcodes[frame.opcode].kind === 'request'
    if (this.state.is === 'closed') return true
    if (this.state.is === 'dialling') return this.hold(this.state.held, frame)
    if (this.state.is === 'relaying' && (isRequest || this.relayed.has(frame.stream))) {
      this.relay(this.state.upstream, frame)
      return true
    }
    if (!isRequest || this.options.clock.monotonicMs() - this.failedAtMs < goneForMs) return false
    const coordinator = this.options.coordinator()
    if (coordinator === null) return false
    const held: Frame[] = []
    this.state = { is: 'dialling', held }
    void this.dial(coordinator)
    return this.hold(held, frame)
  }

  private hold(held: Frame[], frame: Frame): boolean {
    if (held.length < streamsPerConnectionMax) held.push({ ...frame, body: Buffer.from(frame.body) })
    else
      this.connection.refuse(
        frame.stream,
        new ConcurError('BUSY', 'too many requests before the coordinator was reached'),
      )
    return true
  }

  private relay(upstream: Connection, frame: Frame): void {
    if (frame.opcode === 'CANCEL') this.relayed.delete(frame.stream)
    else this.relayed.add(frame.stream)
    upstream.forward(frame)
  }

  private async dial(coordinator: Address): Promise<void> {
    const { dialer, timers, hello } = this.options
    try {
      const transport = await dialer.dial(coordinator, dialWithinMs)
      const upstream = new Connection({
        transport,
        side: 'dialer',
        timers,
        hello,
        events: {
          onOpen: () => {
            callOffHello()
            this.begin(upstream)
          },
          onClosed: error => {
            callOffHello()
            this.lose(error)
          },
        },
      })
      const callOffHello = timers.after(dialWithinMs, () => upstream.close('TIMEOUT', 'no HELLO in time'))
    } catch {
      this.lose(new ConcurError('UNREACHABLE', 'the coordinator could not be dialled'))
    }
  }

  private begin(upstream: Connection): void {
    if (this.state.is !== 'dialling') return upstream.close('UNREACHABLE', 'the client is gone')
    const { held } = this.state
    this.state = { is: 'relaying', upstream }
    upstream.spliceWith(frame => this.answer(upstream, frame))
    for (const frame of held) this.relay(upstream, frame)
  }

  private answer(upstream: Connection, frame: Frame): boolean {
    if (frame.fin) this.relayed.delete(frame.stream)
    const bytes = frame.body.length
    if (!this.connection.forward(frame, () => this.onAnswerSent(upstream, bytes))) return true
    this.answerBytes += bytes
    if (this.answerBytes > relayedBytesPause) upstream.pauseReading()
    return true
  }

  private onAnswerSent(upstream: Connection, bytes: number): void {
    this.answerBytes -= bytes
    if (this.answerBytes <= relayedBytesPause) upstream.resumeReading()
  }

  /** What the coordinator had begun has failed; what it was not asked yet is answered here. */
  private lose(error: ConcurError): void {
    const { state } = this
    if (state.is === 'closed') return
    this.state = { is: 'idle' }
    this.failedAtMs = this.options.clock.monotonicMs()
    const lost = new ConcurError('UNREACHABLE', `the coordinator was lost: ${error.message}`)
    for (const stream of this.relayed) this.connection.refuse(stream, lost)
    this.relayed.clear()
    if (state.is === 'dialling') for (const frame of state.held) this.connection.hear(frame)
  }
}
