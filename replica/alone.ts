/**
 * A client's questions while the coordinator is gone: answered from this one copy, naming every other node as
 * unreachable. Nothing here claims that copies were compared.
 */

import { addressText } from '../protocol/addresses.ts'
import { conflictsOf } from '../protocol/conflicts.ts'
import type { Request } from '../protocol/connection.ts'
import type { CopyAt } from '../protocol/copies.ts'
import type { Digest } from '../protocol/digest.ts'
import { asConcurError, ConcurError } from '../protocol/errors.ts'
import type { ClientId, NodeName } from '../protocol/ids.ts'
import { listedPathOf } from '../protocol/listed-path.ts'
import type { CoordinatorStatus, Detail, Entry, ReplicaStatus, Row } from '../protocol/messages.ts'
import type { BodyOf, ClientOpcode } from '../protocol/opcodes.ts'
import type { FilePath, FolderPath } from '../protocol/path.ts'
import type { ProgressReports, Report } from '../protocol/progress-reports.ts'
import type { Stream } from '../protocol/stream.ts'
import { judge, lastOpOf, type NodeAnswer } from '../protocol/verdict.ts'
import { verdictFrom, wantedVersions } from '../protocol/wanted-bodies.ts'
import type { Address, Clock, Timers } from '../protocol/world.ts'
import { pagesOf } from './answer-node.ts'
import type { ReplicaConfig } from './config.ts'
import { historyAlone } from './history-alone.ts'
import { logAlone } from './log-alone.ts'
import type { Log } from './program/log.ts'
import { beginRequestLine, failure, type Outcome } from './program/request-line.ts'
import { finishBodies, pourBody, streamSink } from './store/body-sink.ts'
import { conditionOf } from './store/examination.ts'
import type { Lookout } from './store/lookout/lookout.ts'
import type { OpenBody, Store } from './store/store.ts'

export type ClientRequest = Extract<Request, { opcode: ClientOpcode }>

/** How an unreachable node's reason reads on from its name. */
const reason = 'was not asked, because the coordinator cannot be reached'

/** Who the coordinator is to a replica that never had a link. */
const unknownCoordinator = 'coordinator' as NodeName

/** What a request is called in the log. */
const opNames: Record<ClientOpcode, string> = {
  READ: 'read',
  LIST: 'ls',
  STATUS: 'status',
  CHANGE: 'change',
  LOG: 'log',
  WAIT: 'wait',
  VERIFY: 'verify',
  PAST: 'past',
  CONTENT: 'content',
  HISTORY: 'history',
  PRUNE: 'prune',
  LOCK: 'lock',
  UNLOCK: 'unlock',
  CHECK: 'check',
  EXAMINE: 'examine',
}

const listed: Outcome = { verdict: 'listed' }

export interface AloneOptions {
  readonly config: ReplicaConfig
  readonly store: Store
  readonly lookout: Lookout
  readonly certificateEndsMs: number | null
  readonly version: string
  readonly reports: ProgressReports
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
  readonly address: () => Address
  readonly coordinator: () => Address | null
}

export class Alone {
  private readonly options: AloneOptions

  constructor(options: AloneOptions) {
    this.options = options
  }

  serve(request: ClientRequest, stream: Stream, client: ClientId | null): void {
    const path = 'path' in request.body ? request.body.path : ''
    const endLine = beginRequestLine({ ...this.options, client }, opNames[request.opcode], path)
    const report = this.options.reports.begin(stream)
    this.answer(request, stream, report)
      .then(endLine, error => {
        endLine(failure(error))
        stream.fail(asConcurError(error))
      })
      .finally(() => report.end())
  }

  private async answer(request: ClientRequest, stream: Stream, report: Report): Promise<Outcome> {
    switch (request.opcode) {
      case 'READ':
        return this.onRead(request.body, stream, report)
      case 'LIST':
        return this.onList(request.body, stream)
      case 'STATUS':
        return this.onStatus(stream)
      case 'EXAMINE':
        return this.onExamine(stream)
      case 'LOG':
        return logAlone(request.body, stream, this.options)
      case 'CHANGE':
      case 'LOCK':
      case 'UNLOCK':
        throw new ConcurError('NOT_COORDINATOR', this.refusal)
      case 'HISTORY': {
        const { store, clock, config } = this.options
        const alone = { store, clock, name: config.name, unreachable: this.unreachable }
        return historyAlone(request.body, stream, alone)
      }
      case 'PRUNE':
      case 'WAIT':
      case 'PAST':
      case 'CONTENT':
      case 'VERIFY':
      case 'CHECK':
        throw new ConcurError('UNREACHABLE', this.refusal)
      default:
        return request satisfies never
    }
  }

  private get refusal(): string {
    return `the coordinator cannot be reached from ${this.options.config.name}`
  }

  /** Every configured node as far as known, coordinator first, this one included. */
  private get members(): readonly NodeName[] {
    const { store, config } = this.options
    const members = store.members()
    if (members.includes(config.name)) return members
    return [...(members.length > 0 ? members : [unknownCoordinator]), config.name]
  }

  private get unreachable(): Detail[] {
    const others = this.members.filter(node => node !== this.options.config.name)
    return others.map(node => ({ node, reason, behindOps: null }))
  }

  /** A name that is asked for may be a node's, though no link has told so. */
  private membersWith(from: NodeName | null): readonly NodeName[] {
    return from === null || this.members.includes(from) ? this.members : [...this.members, from]
  }

  private async onRead(request: BodyOf<'READ'>, stream: Stream, report: Report): Promise<Outcome> {
    const { store, config } = this.options
    const onProgress = (bytesDone: number, bytesTotal: number): void => {
      report.update({ node: config.name, bytesDone, bytesTotal })
    }
    const found = await store.lookAt(request.path, { deep: request.deep, onProgress })
    report.end()
    const answers = this.membersWith(request.from).map(node => this.answerOf(node, found))
    const past = store.pastOf(request.path)
    const judged = verdictFrom(judge(answers, undefined, past), request)
    const verdict = request.lastOp ? { ...judged, lastOp: lastOpOf(answers, past) } : judged
    const wanted = wantedVersions(verdict, request)
    stream.send('VERDICT', verdict, wanted.length === 0)
    for (const place of wanted) {
      const body = await this.openBody(request.path, verdict.versions[place]!.digest!)
      await pourBody(body, streamSink(stream, place))
    }
    if (wanted.length > 0) finishBodies(stream)
    return verdict.error === null ? { verdict: verdict.verdict } : { code: verdict.error.code }
  }

  /** A file that is gone meanwhile has moved under the read; that no node has it, nobody has said. */
  private async openBody(path: FilePath, digest: Digest): Promise<OpenBody> {
    try {
      return await this.options.store.openBody(path, digest)
    } catch (error) {
      const { code, message } = asConcurError(error)
      throw code === 'NOT_FOUND' ? new ConcurError('CHANGED', message, { cause: error }) : error
    }
  }

  private answerOf(node: NodeName, { copy, ...at }: CopyAt): NodeAnswer {
    return node === this.options.config.name ? { node, copy, at } : { node, copy: null, reason }
  }

  private async onList({ path, recursive, compare }: BodyOf<'LIST'>, stream: Stream): Promise<Outcome> {
    const { config } = this.options
    const mark = compare ? '!' : null
    for await (const entries of this.walk(path, recursive)) {
      for (const page of pagesOf(entries)) {
        if (stream.ended) return listed
        const rows = page.map((entry): Row => {
          const { type, size, digest, mtimeMs } = entry
          const own = { type, size, digest, mtimeMs }
          const nodes = this.members.map(node => ({ node, copy: node === config.name ? own : null }))
          return { ...listedPathOf(entry), type, mark, size, digest, nodes }
        })
        await stream.sendFlow('ROWS', { rows })
      }
    }
    await stream.sendFlow('LISTED', { unreachable: this.unreachable }, true)
    return listed
  }

  /** That nothing is here says nothing of the nodes that were not asked. */
  private async *walk(folder: FolderPath, recursive: boolean): AsyncGenerator<readonly Entry[]> {
    try {
      yield* this.options.store.walk(folder, recursive)
    } catch (error) {
      const known = asConcurError(error)
      if (known.code !== 'NOT_FOUND') throw known
      const others = this.members.filter(node => node !== this.options.config.name)
      const said = [`not on ${this.options.config.name}`, ...others.map(node => `${node} ${reason}`)]
      throw new ConcurError('UNREACHABLE', said.join('; '))
    }
  }

  private onExamine(stream: Stream): Outcome {
    const { config } = this.options
    const nodes = this.members.map(node =>
      node === config.name
        ? { node, condition: conditionOf(this.options), reason: null }
        : { node, condition: null, reason },
    )
    stream.send('EXAMINED', { nodes }, true)
    return { verdict: 'examined' }
  }

  private onStatus(stream: Stream): Outcome {
    const { config, store, lookout, address, coordinator, certificateEndsMs } = this.options
    const known = coordinator()
    const report = lookout.report()
    const coordinatorRow: CoordinatorStatus = {
      name: this.members[0]!,
      address: known === null ? '' : addressText(known),
      state: 'down',
      reason: 'cannot be reached from this replica',
      ...{ seq: null, epoch: null, diskFreeBytes: null },
      ...{ files: null, bytes: null, scanAgeMs: null, marks: null, held: null, unwatched: null },
      certificateEndsMs: null,
    }
    const own: ReplicaStatus = {
      name: config.name,
      address: addressText(address()),
      state: 'up',
      reason: null,
      appliedSeq: store.settler.settledSeq,
      lagOps: null,
      lagMs: null,
      lastHeartbeatMs: null,
      rolledBack: false,
      fenced: store.fence.reason,
      epoch: store.promised?.number ?? null,
      diskFreeBytes: store.diskFreeBytes(),
      ...report,
      certificateEndsMs,
    }
    const conflicts = conflictsOf([coordinatorRow, report].map(({ marks }) => ({ marks, marked: [] })))
    stream.send('STATUS_IS', { coordinator: coordinatorRow, replicas: [own], conflicts, locks: [] }, true)
    return { verdict: 'status' }
  }
}
