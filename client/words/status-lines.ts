/** The screen of `status`: a line a node, what is wrong with it at the end. */
import type { CoordinatorStatus, ReplicaStatus, Status } from '../../protocol/messages.ts'
import { joinCells, padColumns } from './columns.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'
import { counted, durationText, sizeText } from './quantities.ts'

const secondMs = 1_000

const stateColumn = 3

export function statusLines({ coordinator, replicas }: Status, paint: Paint): string[] {
  const rows = [coordinatorCells(coordinator), ...replicas.map(replicaCells)]
  return padColumns(rows).map(cells => {
    const state = cells[stateColumn]!
    return joinCells(cells.with(stateColumn, paint(colourOf(state.trimEnd()), state)))
  })
}

function colourOf(state: string): Parameters<Paint>[0] {
  if (state === 'serving' || state === 'up') return 'good'
  return state === 'down' ? 'bad' : 'warning'
}

function coordinatorCells({ name, address, state, reason, seq, ...counts }: CoordinatorStatus): string[] {
  const position = seq === null ? '' : `seq ${seq}`
  return [
    name,
    'coordinator',
    printable(address),
    state,
    ...countCells(counts),
    position,
    '',
    reasonText(reason),
  ]
}

function replicaCells(status: ReplicaStatus): string[] {
  const { name, address, state, reason, lagOps, lastHeartbeatMs } = status
  const lag = lagOps === null ? '' : `${lagOps} behind`
  const heartbeat =
    lastHeartbeatMs === null ? 'no heartbeat yet' : `heartbeat ${heartbeatText(lastHeartbeatMs)} ago`
  return [
    name,
    'replica',
    printable(address),
    state,
    ...countCells(status),
    lag,
    heartbeat,
    reasonText(reason),
  ]
}

/** Null is what nobody has counted yet, or nobody has told. */
function countCells({
  files,
  bytes,
  diskFreeBytes,
}: Pick<ReplicaStatus, 'files' | 'bytes' | 'diskFreeBytes'>): string[] {
  return [
    files === null ? '' : counted(files, 'file'),
    bytes === null ? '' : sizeText(bytes),
    diskFreeBytes === null ? '' : `${sizeText(diskFreeBytes)} free`,
  ]
}

function heartbeatText(ms: number): string {
  return ms < 10 * secondMs ? `${(ms / secondMs).toFixed(1)} s` : durationText(ms)
}

function reasonText(reason: string | null): string {
  return reason === null ? '' : printable(reason)
}
