/**
 * The replica: holds a copy, answers its coordinator's questions about it, reports heartbeats, and serves clients by
 * relaying them. Puts its parts together; what each does stands in its own file.
 */
import { Connection, type Request } from '../protocol/connection.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { OwnHello } from '../protocol/greeting.ts'
import type { ClientId } from '../protocol/ids.ts'
import { streamsPerConnectionMax, streamsPerLinkMax } from '../protocol/limits.ts'
import type { Hello } from '../protocol/messages.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import { gateBounds, RequestGate } from '../protocol/request-gate.ts'
import { rightsOf } from '../protocol/rights.ts'
import { ShortTurns } from '../protocol/short-turns.ts'
import type { Stream } from '../protocol/stream.ts'
import type { Address, Clock, Dialer, Listener, Timers, Transport } from '../protocol/world.ts'
import { Alone } from './alone.ts'
import { answerNode } from './answer-node.ts'
import type { ReplicaConfig } from './config.ts'
import { Following } from './following.ts'
import { Heartbeats } from './heartbeats.ts'
import { servePlainText } from './plain-text.ts'
import { Acceptor } from './program/acceptor.ts'
import { logFork } from './program/fork-line.ts'
import type { Log } from './program/log.ts'
import { assertNamed } from './program/named-peer.ts'
import type { ServerKeys } from './program/server-keys.ts'
import { ClientRelay } from './relay.ts'
import { conditionOf } from './store/examination.ts'
import type { Lookout } from './store/lookout/lookout.ts'
import type { Store } from './store/store.ts'

export interface ReplicaOptions {
  readonly config: ReplicaConfig
  /** Null: whoever reaches it may do everything. */
  readonly keys: ServerKeys | null
  /** When its certificate ends, milliseconds since 1970; null: it has none. */
  readonly certificateEndsMs: number | null
  /** Of the program. */
  readonly version: string
  readonly store: Store
  readonly lookout: Lookout
  readonly listener: Listener
  readonly dialer: Dialer
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

export class Replica {
  private readonly options: ReplicaOptions
  private readonly reports: ProgressReports
  private readonly acceptor: Acceptor
  private readonly gate: RequestGate
  private readonly turns: ShortTurns
  private readonly heartbeats: Heartbeats
  private readonly following: Following
  private readonly connections = new Set<Connection>()
  private readonly relays = new Set<ClientRelay>()
  private readonly alone: Alone
  private address: Address
  /** Where the coordinator that linked last can be dialled; an option overrides it. */
  private announced: Address | null = null

  constructor(options: ReplicaOptions) {
    const { config, store, lookout, timers, listener, certificateEndsMs } = options
    this.options = options
    this.address = config.listen
    this.gate = new RequestGate({ bounds: gateBounds, clock: options.clock })
    this.turns = new ShortTurns(options)
    this.reports = new ProgressReports(timers)
    this.heartbeats = new Heartbeats({
      timers,
      everyMs: config.heartbeatMs,
      store,
      lookout,
      certificateEndsMs,
    })
    store.history.listen(pruned => options.log.info(pruned, 'history pruned'))
    this.following = new Following({ store, timers, onForkFiled: fork => logFork(options.log, fork) })
    this.alone = new Alone({
      ...options,
      reports: this.reports,
      address: () => this.address,
      coordinator: () => this.coordinator,
    })
    this.acceptor = new Acceptor({
      listener,
      timers: this.turns,
      connectionsMax: config.connectionsMax,
      onBinary: (transport, onGone, busy) => this.converse(transport, onGone, busy),
      onText: config.text ? peer => servePlainText(store, peer, options) : null,
    })
  }

  async start(): Promise<Address> {
    this.address = await this.acceptor.listen(this.options.config.listen)
    return this.address
  }

  async close(): Promise<void> {
    await this.acceptor.close()
    this.heartbeats.close()
    this.following.close()
    for (const relay of this.relays) relay.close()
    for (const connection of this.connections) connection.close('UNREACHABLE', 'the replica stops')
  }

  private get coordinator(): Address | null {
    return this.options.config.coordinator ?? this.announced
  }

  private hello(): OwnHello {
    const { config, store } = this.options
    const { nodeId, clusterId } = store
    return {
      role: 'replica',
      name: config.name,
      nodeId,
      clusterId,
      clientId: null,
      listenPort: this.address.port,
      members: [],
      epoch: store.epoch,
      lastSeq: store.journal.durableSeq,
    }
  }

  private converse(transport: Transport, onGone: () => void, busy: ConcurError | null): void {
    let relay: ClientRelay | null = null
    let client: ClientId | null = null
    const connection = new Connection({
      transport,
      side: 'acceptor',
      timers: this.turns,
      turns: this.turns,
      hello: this.hello(),
      keys: this.options.keys,
      gate: this.gate,
      streamsMax: ({ role }) => (role === 'coordinator' ? streamsPerLinkMax : streamsPerConnectionMax),
      events: {
        onOpen: peer => {
          client = peer.clientId
          assertNamed(transport.channel, peer)
          if (busy !== null && peer.role !== 'coordinator') throw busy
          if (peer.role === 'coordinator') this.admitCoordinator(connection, peer)
          else if (peer.role === 'client') relay = this.relayFor(connection, peer)
          else throw new ConcurError('NOT_COORDINATOR', `${this.options.config.name} is a replica`)
        },
        onRequest: (stream, request) => this.serve(request, stream, client),
        onClosed: error => {
          this.options.keys?.noteEnd(transport.peerHost, error)
          this.connections.delete(connection)
          this.heartbeats.stopFor(connection)
          if (relay !== null) this.relays.delete(relay)
          relay?.close()
          onGone()
        },
      },
    })
    this.connections.add(connection)
  }

  /** @throws ConcurError WRONG_CLUSTER for the coordinator of another cluster. */
  private admitCoordinator(connection: Connection, peer: Hello): void {
    const { store, config, log } = this.options
    if (peer.clusterId !== null) {
      if (store.clusterId === null) store.setClusterId(peer.clusterId)
      else if (store.clusterId !== peer.clusterId) {
        throw new ConcurError(
          'WRONG_CLUSTER',
          `belongs to cluster ${store.clusterId}, not to ${peer.clusterId}`,
        )
      }
    }
    store.setMembers(peer.members)
    if (peer.listenPort !== null) this.announced = { host: connection.peerHost, port: peer.listenPort }
    log.info({ coordinator: peer.name, name: config.name, address: connection.peerHost }, 'link')
    this.heartbeats.startFor(connection)
  }

  private relayFor(connection: Connection, peer: Hello): ClientRelay {
    const { dialer, timers, clock, keys } = this.options
    const hello = { ...this.hello(), role: 'relay' as const, clientId: peer.clientId }
    const relay = new ClientRelay({
      connection,
      hello,
      key: keys?.nodeKey(rightsOf(peer, false)) ?? null,
      coordinator: () => this.coordinator,
      coordinatorName: () => this.options.store.members()[0] ?? null,
      dialWithinMs: this.options.config.readTimeoutMs,
      dialer,
      timers,
      clock,
    })
    this.relays.add(relay)
    return relay
  }

  private serve(request: Request, stream: Stream, client: ClientId | null): void {
    switch (request.opcode) {
      case 'LOOK':
      case 'FETCH':
      case 'WALK':
      case 'SUM':
      case 'CONDITION':
      case 'SURVEY':
      case 'STAGE':
      case 'JOURNAL_AT':
      case 'FOLLOW':
      case 'SUPPLY':
      case 'REPLAY':
      case 'RESTATE':
      case 'RECALL':
      case 'HAD':
      case 'FORGET':
        return answerNode(request, {
          stream,
          store: this.options.store,
          reports: this.reports,
          following: this.following,
          condition: () => conditionOf(this.options),
        })
      case 'READ':
      case 'LIST':
      case 'STATUS':
      case 'CHANGE':
      case 'LOCK':
      case 'UNLOCK':
      case 'CHECK':
      case 'EXAMINE':
      case 'LOG':
      case 'WAIT':
      case 'VERIFY':
      case 'PAST':
      case 'CONTENT':
      case 'HISTORY':
      case 'PRUNE':
        return this.alone.serve(request, stream, client)
      default:
        return request satisfies never
    }
  }
}
