/**
 * The lasting relation to one replica: dialled, lost, dialled again with a growing pause, for as long as the
 * coordinator runs. Knows whether the replica is there and what it last reported, and nothing of reads.
 */
import { Connection } from '../protocol/connection.ts'
import { asConcurError, ConcurError, type ErrorCode } from '../protocol/errors.ts'
import type { OwnHello } from '../protocol/greeting.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Heartbeat, Hello, ReplicaState } from '../protocol/messages.ts'
import type { DialerKey } from '../protocol/proof.ts'
import type { Address, Cancel, Clock, Dialer, Random, Timers, Transport } from '../protocol/world.ts'
import type { Log } from '../replica/program/log.ts'
import { backoffMs, replicaState } from './liveness.ts'
import { silentText } from './trouble-text.ts'

/** Milliseconds for one dial and its HELLO. */
const dialWithinMs = 1_000

export interface LinkOptions {
  readonly name: NodeName
  readonly address: Address
  readonly heartbeatTimeoutMs: number
  readonly hello: () => OwnHello
  /** What it proves itself with; null: no keys are in use. */
  readonly key: DialerKey | null
  readonly dialer: Dialer
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
  readonly events: {
    /** The replica is there and is who it should be. */
    onUp(connection: Connection, hello: Hello): void
    onDown(reason: string): void
  }
  /** Whether changes wait for the replica. */
  readonly isInSync: () => boolean
  /** Why they do not, where that is more than that it is catching up. */
  readonly trouble: () => string | null
}

type State =
  | { readonly is: 'closed' }
  | { readonly is: 'down'; readonly reason: string; readonly code: ErrorCode }
  | { readonly is: 'open'; readonly connection: Connection }

export interface LinkReport {
  readonly state: ReplicaState
  /** Why it is not up; null when it is. */
  readonly reason: string | null
  /** The age of the last heartbeat; null when there was none yet. */
  readonly lastHeartbeatMs: number | null
  readonly heartbeat: Heartbeat | null
}

export class ReplicaLink {
  readonly name: NodeName
  readonly address: Address
  /** Settles when the first dial has ended, whatever came of it. */
  readonly firstDialEnded: Promise<void>
  private readonly options: LinkOptions
  private state: State = { is: 'down', reason: 'was not reached yet', code: 'UNREACHABLE' }
  private failures = 0
  private heardAtMs = 0
  private downAtMs: number
  private heartbeat: Heartbeat | null = null
  private heartbeatAtMs: number | null = null
  private loggedState: ReplicaState | null = null
  private endFirstDial: () => void = () => {}
  /** Ends what leads to a link: the pause before the next dial, or the connection itself. */
  private callOff: Cancel = () => {}
  private callOffWatch: Cancel = () => {}

  constructor(options: LinkOptions) {
    this.options = options
    this.downAtMs = options.clock.monotonicMs()
    this.name = options.name
    this.address = options.address
    this.firstDialEnded = new Promise(resolve => {
      this.endFirstDial = resolve
    })
  }

  start(): void {
    void this.dial()
    this.watch()
  }

  /** The open connection, or null with the reason in `report`. */
  get connection(): Connection | null {
    return this.state.is === 'open' && this.state.connection.isOpen ? this.state.connection : null
  }

  /** Why there is no link, or null. */
  get refusedWith(): ErrorCode | null {
    return this.state.is === 'down' ? this.state.code : null
  }

  report(): LinkReport {
    const { clock, heartbeatTimeoutMs } = this.options
    const nowMs = clock.monotonicMs()
    const isOpen = this.connection !== null
    const state = replicaState(
      { isOpen, isInSync: this.options.isInSync(), heardMsAgo: nowMs - this.heardAtMs },
      heartbeatTimeoutMs,
    )
    const reason = this.reasonFor(state, nowMs)
    const lastHeartbeatMs = this.heartbeatAtMs === null ? null : Math.round(nowMs - this.heartbeatAtMs)
    return { state, reason, lastHeartbeatMs, heartbeat: this.heartbeat }
  }

  /** Milliseconds since the last byte, where they are more than the heartbeat timeout; null otherwise, and without a link. */
  get silentForMs(): number | null {
    const { clock, heartbeatTimeoutMs } = this.options
    const heardMsAgo = clock.monotonicMs() - this.heardAtMs
    return this.connection !== null && heardMsAgo > heartbeatTimeoutMs ? heardMsAgo : null
  }

  /** Milliseconds without a link; null when there is one. */
  get downForMs(): number | null {
    return this.connection === null ? this.options.clock.monotonicMs() - this.downAtMs : null
  }

  private reasonFor(state: ReplicaState, nowMs: number): string | null {
    if (this.state.is === 'down') return this.state.reason
    if (this.connection === null) return 'is not connected'
    if (state === 'up') return null
    if (this.silentForMs !== null) return `has been ${silentText(nowMs - this.heardAtMs)}`
    return this.options.trouble() ?? 'is catching up'
  }

  close(): void {
    this.state = { is: 'closed' }
    this.callOff()
    this.callOffWatch()
    this.endFirstDial()
  }

  private async dial(): Promise<void> {
    let transport: Transport
    try {
      transport = await this.options.dialer.dial(this.address, dialWithinMs, this.name)
    } catch (error) {
      return this.goDown(`could not be reached (${(error as Error).message})`, 'UNREACHABLE')
    }
    if (this.state.is === 'closed') return transport.destroy()
    this.converse(transport)
  }

  private converse(transport: Transport): void {
    const { timers, hello } = this.options
    const connection = new Connection({
      transport,
      side: 'dialer',
      timers,
      hello: hello(),
      key: this.options.key,
      events: {
        onOpen: peer => {
          callOffHello()
          this.admit(peer)
          this.goUp(connection, peer)
        },
        onHeartbeat: heartbeat => this.onHeartbeat(heartbeat),
        onHeard: () => {
          this.heardAtMs = this.options.clock.monotonicMs()
        },
        onClosed: error => {
          callOffHello()
          this.goDown(reasonOf(error), asConcurError(error).code)
        },
      },
    })
    const callOffHello = timers.after(dialWithinMs, () =>
      connection.close('TIMEOUT', 'did not say HELLO in time'),
    )
    this.callOff = () => connection.close('UNREACHABLE', 'the coordinator stops')
  }

  /** @throws ConcurError when who answers is not the replica that is configured here. */
  private admit(peer: Hello): void {
    if (peer.role !== 'replica') throw new ConcurError('FORBIDDEN', `is a ${peer.role}, not a replica`)
    if (peer.name !== this.name) throw new ConcurError('FORBIDDEN', `calls itself ${peer.name ?? 'nothing'}`)
  }

  private goUp(connection: Connection, hello: Hello): void {
    this.failures = 0
    this.heardAtMs = this.options.clock.monotonicMs()
    this.state = { is: 'open', connection }
    this.options.events.onUp(connection, hello)
    this.logState()
    this.endFirstDial()
  }

  private goDown(reason: string, code: ErrorCode): void {
    if (this.state.is === 'closed') return
    if (this.state.is === 'open') this.downAtMs = this.options.clock.monotonicMs()
    this.state = { is: 'down', reason, code }
    this.failures++
    this.options.events.onDown(reason)
    this.logState()
    this.endFirstDial()
    const pauseMs = backoffMs(this.failures, this.options.random.fraction())
    this.callOff = this.options.timers.after(pauseMs, () => void this.dial())
  }

  private onHeartbeat(heartbeat: Heartbeat): void {
    this.heartbeat = heartbeat
    this.heartbeatAtMs = this.options.clock.monotonicMs()
  }

  /** Looks at the link's age now and then; a link that stays silent for too long is given up and dialled anew. */
  private watch(): void {
    const { timers, heartbeatTimeoutMs } = this.options
    this.callOffWatch = timers.after(heartbeatTimeoutMs / 4, () => {
      this.logState()
      if (this.state.is === 'open' && this.report().state === 'down') {
        this.state.connection.close('TIMEOUT', `was ${silentText(3 * heartbeatTimeoutMs)}`)
      }
      this.watch()
    })
  }

  /** Whoever has changed what the state depends on says so: a change of state is one line, with its reason. */
  logState(): void {
    // Why a connection has ended it says in a moment.
    if (this.state.is === 'open' && this.connection === null) return
    const { state, reason } = this.report()
    if (state === this.loggedState) return
    this.loggedState = state
    const { host, port } = this.address
    this.options.log.info({ replica: this.name, address: `${host}:${port}`, state, reason }, 'replica')
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = asConcurError(error)
  return code === 'UNREACHABLE' ? `is not connected (${message})` : message
}
