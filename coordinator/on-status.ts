/** STATUS: what the coordinator knows of itself and of its replicas now. Clause: protocol/README.md "STATUS". */

import { addressText } from '../protocol/addresses.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { CoordinatorStatus, ReplicaStatus, Status } from '../protocol/messages.ts'
import type { Address } from '../protocol/world.ts'
import { beginRequestLine } from '../replica/program/request-line.ts'
import type { Census } from '../replica/store/census.ts'
import type { Store } from '../replica/store/store.ts'
import type { ReplicaLink } from './replica-link.ts'
import type { RequestContext } from './request.ts'

export interface StatusSources {
  readonly name: NodeName
  readonly address: Address
  readonly store: Store
  readonly census: Census
  readonly links: readonly ReplicaLink[]
}

export function onStatus(sources: StatusSources, context: RequestContext): void {
  const endLine = beginRequestLine(context, 'status', '')
  context.stream.send('STATUS_IS', statusOf(sources), true)
  endLine({ verdict: 'status' })
}

function statusOf({ name, address, store, census, links }: StatusSources): Status {
  const counts = census.latest()
  const coordinator: CoordinatorStatus = {
    name,
    address: addressText(address),
    state: 'serving',
    reason: null,
    seq: null,
    epoch: null,
    files: counts?.files ?? null,
    bytes: counts?.bytes ?? null,
    diskFreeBytes: store.diskFreeBytes(),
  }
  return { coordinator, replicas: links.map(replicaStatus) }
}

function replicaStatus(link: ReplicaLink): ReplicaStatus {
  const { state, reason, lastHeartbeatMs, heartbeat } = link.report()
  return {
    name: link.name,
    address: addressText(link.address),
    state,
    reason,
    appliedSeq: null,
    lagOps: null,
    lagMs: null,
    lastHeartbeatMs,
    rolledBack: false,
    fenced: null,
    epoch: null,
    files: heartbeat?.files ?? null,
    bytes: heartbeat?.bytes ?? null,
    diskFreeBytes: heartbeat?.diskFreeBytes ?? null,
  }
}
