/**
 * One client of a replica, relayed to the coordinator: a connection of its own there, over which the client's frames
 * go as they are, and the answers back. Identity and credit are the two ends' own; what waits here in either direction
 * is bounded. Where the coordinator cannot be dialled the request is answered from the one copy that is here.
 */
import { Connection } from '../protocol/connection.ts'
import { ConcurError, type ErrorCode } from '../protocol/errors.ts'
import type { Frame } from '../protocol/frame.ts'
import type { OwnHello } from '../protocol/greeting.ts'
import type { NodeName } from '../protocol/ids.ts'
import { streamsPerConnectionMax } from '../protocol/limits.ts'
import { type Opcode, opcodes } from '../protocol/opcodes.ts'
import type { DialerKey } from '../protocol/proof.ts'
import type { Address, Cancel, Clock, Dialer, Timers } from '../protocol/world.ts'
import { RelayedBytes } from './relayed-bytes.ts'

/** Milliseconds for which a coordinator that could not be dialled counts as gone. */
const goneForMs = 1_000

/** What a frame that is held costs beside its body. */
const heldFrameBytes = 256

/** Requests that write a record: once they were passed on whole it may be there. */
const changing: ReadonlySet<Opcode> = new Set<Opcode>(['CHANGE', 'LOCK', 'UNLOCK'])

type State =
  | { readonly is: 'idle' }
  /** `waiting`: the streams of the requests that are held. */
  | { readonly is: 'dialling'; readonly held: Frame[]; readonly waiting: Set<number> }
  | { readonly is: 'relaying'; readonly upstream: Connection }
  | { readonly is: 'closed' }

interface Relayed {
  readonly isChange: boolean
  /** All of the request went on to the coordinator. */
  isWhole: boolean
}

export interface RelayOptions {
  readonly connection: Connection
  readonly hello: OwnHello
  /** What it proves itself with to the coordinator; null: no keys are in use. */
  readonly key: DialerKey | null
  readonly coordinator: () => Address | null
  /** Whom its certificate has to name; null: nobody knows yet. */
  readonly coordinatorName: () => NodeName | null
  /** Milliseconds for the dial to the coordinator, and for its HELLO. */
  readonly dialWithinMs: number
  readonly dialer: Dialer
  readonly timers: Timers
  readonly clock: Clock
}

export class ClientRelay {
  private readonly options: RelayOptions
  private readonly connection: Connection
  /** Streams of the client that the coordinator has to answer. */
  private readonly relayed = new Map<number, Relayed>()
  private readonly uploads: RelayedBytes
  private state: State = { is: 'idle' }
  private failedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: RelayOptions) {
    this.options = options
    this.connection = options.connection
    this.uploads = new RelayedBytes(options.connection)
    this.connection.spliceWith(
      frame => this.take(frame),
      () => this.relayed.size === 0 && this.state.is !== 'dialling',
    )
  }

  close(): void {
    const { state } = this
    this.state = { is: 'closed' }
    if (state.is === 'relaying') state.upstream.close('UNREACHABLE', 'the client is gone')
  }

  /** @returns false for a frame that this node answers itself, or that comes too late for anybody. */
  private take(frame: Frame): boolean {
    const isRequest = opcodes[frame.opcode].kind === 'request'
    const { state } = this
    if (state.is === 'closed') return true
    if (state.is === 'dialling') return this.hold(state, frame)
    if (state.is === 'relaying' && (isRequest || this.relayed.has(frame.stream))) {
      this.relay(state.upstream, frame)
      return true
    }
    if (!isRequest || this.options.clock.monotonicMs() - this.failedAtMs < goneForMs) return false
    const coordinator = this.options.coordinator()
    if (coordinator === null) return false
    const dialling: State = { is: 'dialling', held: [], waiting: new Set() }
    this.state = dialling
    void this.dial(coordinator)
    return this.hold(dialling, frame)
  }

  /** Keeps a request until the coordinator is reached, and what follows one that is kept. */
  private hold({ held, waiting }: Extract<State, { is: 'dialling' }>, frame: Frame): boolean {
    if (opcodes[frame.opcode].kind !== 'request') {
      if (!waiting.has(frame.stream)) return false
    } else if (waiting.size < streamsPerConnectionMax) {
      waiting.add(frame.stream)
    } else {
      this.connection.refuse(
        frame.stream,
        new ConcurError('BUSY', 'too many requests before the coordinator was reached'),
      )
      return true
    }
    held.push({ ...frame, body: Buffer.from(frame.body) })
    this.uploads.add(heldFrameBytes + frame.body.length)
    return true
  }

  /** Gives what was held to `onwards`. */
  private letGo(held: readonly Frame[], onwards: (frame: Frame) => void): void {
    for (const frame of held) {
      onwards(frame)
      this.uploads.remove(heldFrameBytes + frame.body.length)
    }
  }

  private relay(upstream: Connection, frame: Frame): void {
    if (frame.opcode === 'CANCEL') this.relayed.delete(frame.stream)
    if (opcodes[frame.opcode].kind === 'request')
      this.relayed.set(frame.stream, { isChange: changing.has(frame.opcode), isWhole: false })
    const relayed = this.relayed.get(frame.stream)
    if (relayed !== undefined && frame.fin) relayed.isWhole = true
    const bytes = frame.body.length
    if (upstream.forward(frame, () => this.uploads.remove(bytes))) this.uploads.add(bytes)
  }

  private async dial(coordinator: Address): Promise<void> {
    const { dialer, timers, hello, key, dialWithinMs } = this.options
    let callOffHello: Cancel = () => {}
    let isLost = false
    const lose = (error: ConcurError): void => {
      callOffHello()
      if (isLost) return
      isLost = true
      this.lose(error)
    }
    try {
      const transport = await dialer.dial(coordinator, dialWithinMs, this.options.coordinatorName())
      const upstream = new Connection({
        transport,
        side: 'dialer',
        timers,
        hello,
        key,
        events: {
          onOpen: () => {
            callOffHello()
            this.begin(upstream)
          },
          onClosed: lose,
        },
      })
      callOffHello = timers.after(dialWithinMs, () => {
        upstream.close('TIMEOUT', 'no HELLO in time')
        // Who says nothing may not let go of the connection either.
        lose(new ConcurError('TIMEOUT', 'no HELLO in time'))
      })
    } catch {
      lose(new ConcurError('UNREACHABLE', 'the coordinator could not be dialled'))
    }
  }

  private begin(upstream: Connection): void {
    if (this.state.is !== 'dialling') return upstream.close('UNREACHABLE', 'the client is gone')
    const { held } = this.state
    const answers = new RelayedBytes(upstream)
    this.state = { is: 'relaying', upstream }
    upstream.spliceWith(frame => this.answer(answers, frame))
    this.letGo(held, frame => this.relay(upstream, frame))
  }

  private answer(answers: RelayedBytes, frame: Frame): boolean {
    if (frame.fin) this.relayed.delete(frame.stream)
    const bytes = frame.body.length
    if (this.connection.forward(frame, () => answers.remove(bytes))) answers.add(bytes)
    return true
  }

  /** What the coordinator had begun has failed; what it was not asked yet is answered here. */
  private lose(error: ConcurError): void {
    const { state } = this
    if (state.is === 'closed') return
    this.state = { is: 'idle' }
    this.failedAtMs = this.options.clock.monotonicMs()
    const message = `the coordinator was lost: ${error.message}`
    for (const [stream, request] of this.relayed)
      this.connection.refuse(stream, new ConcurError(lossCodeOf(request), message))
    this.relayed.clear()
    if (state.is === 'dialling') this.letGo(state.held, frame => this.connection.hear(frame))
  }
}

/** A change that was passed on whole may have been made. */
function lossCodeOf({ isChange, isWhole }: Relayed): ErrorCode {
  if (!isChange) return 'UNREACHABLE'
  return isWhole ? 'TIMEOUT' : 'NOT_COORDINATOR'
}
