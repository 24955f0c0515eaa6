/**
 * The coordinator: answers clients, holds a copy, keeps a link to every replica and compares the copies at every
 * read. Puts its parts together; what each does stands in its own file.
 */
import { Connection, type Request } from '../protocol/connection.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { OwnHello } from '../protocol/greeting.ts'
import type { ClientId, NodeName } from '../protocol/ids.ts'
import { nodesMax } from '../protocol/limits.ts'
import type { Hello } from '../protocol/messages.ts'
import type { FilePath } from '../protocol/path.ts'
import { ProgressReports } from '../protocol/progress-reports.ts'
import { gateBounds, RequestGate } from '../protocol/request-gate.ts'
import { ShortTurns } from '../protocol/short-turns.ts'
import type { Stream } from '../protocol/stream.ts'
import type {
  Address,
  Cancel,
  Clock,
  Dialer,
  Listener,
  Random,
  Timers,
  Transport,
} from '../protocol/world.ts'
import { Acceptor } from '../replica/program/acceptor.ts'
import type { Log } from '../replica/program/log.ts'
import { assertNamed } from '../replica/program/named-peer.ts'
import type { ServerKeys } from '../replica/program/server-keys.ts'
import { conditionOf } from '../replica/store/examination.ts'
import type { Lookout } from '../replica/store/lookout/lookout.ts'
import type { Store } from '../replica/store/store.ts'
import { Changing } from './changing/changing.ts'
import { LocalMember } from './changing/local-member.ts'
import type { Member } from './changing/member.ts'
import { RemoteMember } from './changing/remote-member.ts'
import type { CoordinatorConfig } from './config.ts'
import { onChange } from './on-change.ts'
import { onCheck } from './on-check.ts'
import { type ExaminedNode, onExamine } from './on-examine.ts'
import { onHistory } from './on-history.ts'
import { onList } from './on-list.ts'
import { type LockContext, onLock, onUnlock } from './on-lock.ts'
import { onLog } from './on-log.ts'
import { onContent, onPast } from './on-past.ts'
import { onPrune } from './on-prune.ts'
import { onRead } from './on-read.ts'
import { onStatus } from './on-status.ts'
import { onVerify } from './on-verify.ts'
import { onWait } from './on-wait.ts'
import { servePlainText } from './plain-text.ts'
import { ReplicaLink } from './replica-link.ts'

/** Milliseconds that a start waits for the first dial of every replica. */
const firstDialsWithinMs = 1_000

export interface CoordinatorOptions {
  readonly config: CoordinatorConfig
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
  readonly random: Random
  readonly log: Log
}

export class Coordinator {
  private readonly options: CoordinatorOptions
  private readonly links: readonly ReplicaLink[]
  private readonly nodes: readonly Member[]
  private readonly examined: readonly ExaminedNode[]
  private readonly changing: Changing
  private readonly reports: ProgressReports
  private readonly acceptor: Acceptor
  private readonly gate: RequestGate
  private readonly turns: ShortTurns
  private readonly connections = new Set<Connection>()
  private address: Address

  constructor(options: CoordinatorOptions) {
    const { config, store, timers, listener, clock, log } = options
    this.options = options
    this.address = config.listen
    this.gate = new RequestGate({ bounds: gateBounds, clock: options.clock })
    this.turns = new ShortTurns(options)
    this.reports = new ProgressReports(timers)
    this.links = config.replicas.map(replica => this.linkTo(replica))
    const { readTimeoutMs } = config
    const remotes = this.links.map(link => new RemoteMember({ link, timers, readTimeoutMs }))
    this.nodes = [new LocalMember({ name: config.name, store }), ...remotes]
    this.examined = [{ name: config.name, condition: async () => conditionOf(options) }, ...remotes]
    if (this.nodes.length > nodesMax)
      throw new ConcurError('USAGE', `--replica: at most ${nodesMax - 1} replicas`)
    store.history.listen(pruned => log.info(pruned, 'history pruned'))
    this.changing = new Changing({ ...options, members: this.nodes, links: this.links })
    const settledSeqFor = this.changing.settledSeqFor.bind(this.changing)
    const pastOf = (path: FilePath) => store.pastOf(path)
    this.acceptor = new Acceptor({
      listener,
      timers: this.turns,
      connectionsMax: config.connectionsMax,
      onBinary: (transport, onGone, busy) => this.converse(transport, onGone, busy),
      onText: config.text
        ? peer =>
            servePlainText(this.nodes, peer, { client: null, clock, timers, log, settledSeqFor, pastOf })
        : null,
    })
  }

  /** @returns where it listens, once the first dial of every replica has ended (1 s at most). */
  async start(): Promise<Address> {
    this.address = await this.acceptor.listen(this.options.config.listen)
    for (const link of this.links) link.start()
    await this.firstDialsEnded()
    await this.changing.begin()
    return this.address
  }

  async close(): Promise<void> {
    await this.acceptor.close()
    this.changing.close()
    for (const link of this.links) link.close()
    for (const connection of this.connections) connection.close('UNREACHABLE', 'the coordinator stops')
  }

  private async firstDialsEnded(): Promise<void> {
    let callOff: Cancel = () => {}
    const late = new Promise<void>(resolve => {
      callOff = this.options.timers.after(firstDialsWithinMs, resolve)
    })
    await Promise.race([Promise.all(this.links.map(link => link.firstDialEnded)), late])
    callOff()
  }

  private linkTo({ name, address }: CoordinatorConfig['replicas'][number]): ReplicaLink {
    const { config, keys, dialer, clock, timers, random, log } = this.options
    const { heartbeatTimeoutMs } = config
    return new ReplicaLink({
      name,
      address,
      heartbeatTimeoutMs,
      hello: () => this.hello(),
      key: keys?.nodeKey(null) ?? null,
      dialer,
      clock,
      timers,
      random,
      log,
      events: {
        onUp: (connection, hello) => this.onLinkUp(name, connection, hello),
        onDown: reason => this.changing.linkDown(name, reason),
      },
      isInSync: () => this.changing.ledger.isInSync(name),
      trouble: () => this.changing.troubleOf(name),
    })
  }

  /** A new folder that goes on from a replica's journal takes the replica's cluster as well. */
  private get adoptsCluster(): boolean {
    const { config, store } = this.options
    return config.acceptJournal !== null && store.journal.last.seq === 0
  }

  private onLinkUp(name: NodeName, connection: Connection, hello: Hello): void {
    const { config, store } = this.options
    if (this.adoptsCluster && name === config.acceptJournal && hello.clusterId !== null)
      store.adoptClusterId(hello.clusterId)
    this.changing.linkUp(name, connection, hello)
  }

  private hello(): OwnHello {
    const { config, store } = this.options
    return {
      role: 'coordinator',
      name: config.name,
      nodeId: store.nodeId,
      clusterId: this.adoptsCluster ? null : store.clusterId,
      clientId: null,
      listenPort: this.address.port,
      members: [config.name, ...config.replicas.map(({ name }) => name)],
      epoch: this.changing.ledger.epoch,
      lastSeq: store.journal.last.seq,
    }
  }

  private converse(transport: Transport, onGone: () => void, busy: ConcurError | null): void {
    let client: ClientId | null = null
    let from = transport.peerHost
    const connection = new Connection({
      transport,
      side: 'acceptor',
      timers: this.turns,
      turns: this.turns,
      hello: this.hello(),
      keys: this.options.keys,
      gate: this.gate,
      events: {
        onOpen: peer => {
          client = peer.clientId
          if (peer.role === 'relay' && peer.name !== null) from = peer.name
          assertNamed(transport.channel, peer)
          if (busy !== null) throw busy
          if (peer.role === 'coordinator') throw new ConcurError('FORBIDDEN', 'is a coordinator itself')
        },
        onRequest: (stream, request) => this.serve(request, stream, { client, from }),
        onClosed: error => {
          this.options.keys?.noteEnd(transport.peerHost, error)
          this.connections.delete(connection)
          onGone()
        },
      },
    })
    this.connections.add(connection)
  }

  private serve(
    request: Request,
    stream: Stream,
    { client, from }: Pick<LockContext, 'client' | 'from'>,
  ): void {
    const { config, store, lookout, clock, timers, log, certificateEndsMs } = this.options
    const context = { client, from, stream, reports: this.reports, clock, timers, log }
    switch (request.opcode) {
      case 'READ':
        return onRead({ nodes: this.nodes, store, standing: this.changing }, request.body, context)
      case 'LIST':
        return onList({ nodes: this.nodes, motion: this.changing }, request.body, context)
      case 'VERIFY':
        return onVerify(
          { nodes: this.nodes, motion: this.changing, onDeep: ms => store.noteDeepVerified(ms) },
          request.body,
          context,
        )
      case 'STATUS':
        return onStatus(
          {
            name: config.name,
            address: this.address,
            store,
            lookout,
            links: this.links,
            changing: this.changing,
            certificateEndsMs,
          },
          context,
        )
      case 'CHANGE':
        return onChange(this.changing.desk, request.body, context)
      case 'LOCK':
        return onLock(this.changing.lockDesk, request.body, context)
      case 'UNLOCK':
        return onUnlock(this.changing.lockDesk, request.body, context)
      case 'CHECK':
        return onCheck(this.changing.lockDesk, request.body, context)
      case 'EXAMINE':
        return onExamine(this.examined, context)
      case 'LOG':
        return onLog({ store, changing: this.changing }, request.body, context)
      case 'HISTORY':
        return onHistory({ nodes: this.nodes, store }, request.body, context)
      case 'PRUNE':
        return onPrune({ nodes: this.nodes, store }, request.body, context)
      case 'WAIT':
        return onWait({ store, changing: this.changing }, request.body, context)
      case 'PAST':
        return onPast(store, request.body, context)
      case 'CONTENT':
        return onContent(this.nodes, request.body, context)
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
        return refuseNodeQuestion(context.stream)
      default:
        return request satisfies never
    }
  }
}

/** These are a coordinator's questions to a replica; no peer of ours has that role. */
function refuseNodeQuestion(stream: Stream): void {
  stream.fail(new ConcurError('FORBIDDEN', 'this is a coordinator, not a replica'))
}
