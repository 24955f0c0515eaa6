/** STATUS: what the coordinator knows of itself and of its replicas now. Clause: protocol/README.md "STATUS". */

import { addressText } from '../protocol/addresses.ts'
import { conflictsOf, type Marked } from '../protocol/conflicts.ts'
import type { NodeName } from '../protocol/ids.ts'
import { statusLocksBytesMax } from '../protocol/limits.ts'
import type { LeaseView } from '../protocol/lock-messages.ts'
import type { CoordinatorStatus, ReplicaStatus, Status } from '../protocol/messages.ts'
import type { Address } from '../protocol/world.ts'
import { beginRequestLine } from '../replica/program/request-line.ts'
import type { Lookout } from '../replica/store/lookout/lookout.ts'
import type { Store } from '../replica/store/store.ts'
import type { Changing } from './changing/changing.ts'
import type { Ledger } from './ordering/ledger.ts'
import type { ReplicaLink } from './replica-link.ts'
import type { RequestContext } from './request.ts'
import type { Seat } from './seat.ts'
import { troubleText } from './trouble-text.ts'

/** Of a node that has said nothing. */
const nothingMarked: Marked = { marks: null, marked: [] }

export interface StatusSources {
  readonly name: NodeName
  readonly address: Address
  readonly store: Store
  readonly lookout: Lookout
  readonly links: readonly ReplicaLink[]
  readonly changing: Changing
  /** Of the coordinator's own certificate. */
  readonly certificateEndsMs: number | null
}

export function onStatus(sources: StatusSources, context: RequestContext): void {
  const endLine = beginRequestLine(context, 'status', '')
  context.stream.send('STATUS_IS', statusOf(sources), true)
  endLine({ verdict: 'status' })
}

function statusOf(sources: StatusSources): Status {
  const { name, address, store, lookout, links, changing, certificateEndsMs } = sources
  const { ledger } = changing
  const refusal = changing.refusal() ?? changing.shortage()
  const coordinator: CoordinatorStatus = {
    name,
    address: addressText(address),
    state: refusal === null ? 'serving' : 'refusing-changes',
    reason: refusal === null ? null : troubleText(refusal),
    seq: ledger.committedSeq,
    epoch: ledger.epoch?.number ?? store.journal.last.epoch?.number ?? null,
    diskFreeBytes: store.diskFreeBytes(),
    ...lookout.report(),
    certificateEndsMs,
  }
  const own = { marks: coordinator.marks, marked: lookout.marked() }
  const others = links.map(link => link.report().heartbeat ?? nothingMarked)
  return {
    coordinator,
    replicas: links.map((link, at) => replicaStatus(link, changing.seats[at]!, ledger)),
    conflicts: conflictsOf([own, ...others]),
    locks: fittingLocks(changing.locks.all()),
  }
}

/** As many as there is room for. */
function fittingLocks(leases: readonly LeaseView[]): LeaseView[] {
  let bytes = 0
  return leases.filter(({ path, holder, from }) => {
    bytes += Buffer.byteLength(path) + Buffer.byteLength(holder) + Buffer.byteLength(from) + 64
    return bytes <= statusLocksBytesMax
  })
}

function replicaStatus(link: ReplicaLink, seat: Seat, ledger: Ledger): ReplicaStatus {
  const { state, reason, lastHeartbeatMs, heartbeat } = link.report()
  const appliedSeq = seat.settled?.settledSeq ?? null
  const lagOps = appliedSeq === null ? null : Math.max(0, ledger.committedSeq - appliedSeq)
  return {
    name: link.name,
    address: addressText(link.address),
    state,
    reason,
    appliedSeq,
    lagOps,
    lagMs: lagOps === null ? null : lagOps === 0 ? 0 : seat.behindForMs,
    lastHeartbeatMs,
    rolledBack: seat.rolledBack,
    fenced: seat.fenced ?? heartbeat?.fenced ?? null,
    epoch: (seat.isFollowing ? ledger.epoch?.number : heartbeat?.epoch) ?? null,
    diskFreeBytes: heartbeat?.diskFreeBytes ?? null,
    files: heartbeat?.files ?? null,
    bytes: heartbeat?.bytes ?? null,
    scanAgeMs: heartbeat?.scanAgeMs == null ? null : heartbeat.scanAgeMs + (lastHeartbeatMs ?? 0),
    marks: heartbeat?.marks ?? null,
    held: heartbeat?.held ?? null,
    unwatched: heartbeat?.unwatched ?? null,
    certificateEndsMs: heartbeat?.certificateEndsMs ?? null,
  }
}
