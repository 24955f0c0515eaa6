/** The screen of `status`: a line a node, what is wrong with it at the end; then what to do about it. */
import type { CoordinatorStatus, ReplicaStatus, Status } from '../../protocol/messages.ts'
import { certificateText } from './certificate-words.ts'
import { joinCells, padColumns } from './columns.ts'
import { lockedLine } from './lock-lines.ts'
import { nextCommands } from './next-commands.ts'
import type { Paint } from './paint.ts'
import { printable } from './printable.ts'
import { counted, durationText, sizeText } from './quantities.ts'

const secondMs = 1_000

const stateColumn = 3

const locksShownMax = 10

/** @param nowMs milliseconds since 1970. */
export function statusLines(
  status: Status,
  paint: Paint,
  nowMs: number,
): { nodes: string[]; next: string[] } {
  const { coordinator, replicas } = status
  const rows = [
    coordinatorCells(coordinator, nowMs),
    ...replicas.map(replica => replicaCells(replica, nowMs)),
  ]
  const lines = padColumns(rows).map(cells => {
    const state = cells[stateColumn]!
    return joinCells(cells.with(stateColumn, paint(colourOf(state.trimEnd()), state)))
  })
  return { nodes: [...lines, ...lockedLines(status)], next: nextCommands(status, nowMs) }
}

/** A person looks at some; all of them are in JSON. */
function lockedLines({ locks }: Status): string[] {
  const more = locks.length - locksShownMax
  const rest = more > 0 ? [`locked: ${more} more; concur status --json has them`] : []
  return [...locks.slice(0, locksShownMax).map(lockedLine), ...rest]
}

function colourOf(state: string): Parameters<Paint>[0] {
  if (state === 'serving' || state === 'up') return 'good'
  return state === 'down' ? 'bad' : 'warning'
}

function coordinatorCells(status: CoordinatorStatus, nowMs: number): string[] {
  const { name, address, state, reason, seq, epoch } = status
  return [
    name,
    'coordinator',
    printable(address),
    state,
    epoch === null ? '' : `epoch ${epoch}`,
    seq === null ? '' : `seq ${seq}`,
    '',
    ...countCells(status),
    '',
    joinedText([
      heldText(status),
      reasonText(status.unwatched),
      certificateText(status, nowMs),
      reasonText(reason),
    ]),
  ]
}

function replicaCells(status: ReplicaStatus, nowMs: number): string[] {
  const { name, address, state, reason, epoch, appliedSeq, lastHeartbeatMs } = status
  const heartbeat =
    lastHeartbeatMs === null ? 'no heartbeat yet' : `heartbeat ${heartbeatText(lastHeartbeatMs)} ago`
  return [
    name,
    'replica',
    printable(address),
    state,
    epoch === null ? '' : `epoch ${epoch}`,
    appliedSeq === null ? '' : `applied ${appliedSeq}`,
    lagText(status),
    ...countCells(status),
    heartbeat,
    troubleText(status, reason, nowMs),
  ]
}

function lagText({ lagOps, lagMs }: ReplicaStatus): string {
  if (lagOps === null || lagOps === 0) return ''
  return lagMs === null ? `${lagOps} behind` : `${lagOps} behind (${durationText(lagMs)})`
}

function troubleText(status: ReplicaStatus, reason: string | null, nowMs: number): string {
  const { state, rolledBack, fenced, unwatched } = status
  // With a link, that is why.
  const isSaid = fenced !== null && state === 'catching-up'
  return joinedText([
    rolledBack ? 'rolled back' : '',
    fenced === null ? '' : `fenced: ${printable(fenced)}`,
    heldText(status),
    reasonText(unwatched),
    certificateText(status, nowMs),
    isSaid ? '' : reasonText(reason),
  ])
}

function heldText({ held }: Pick<ReplicaStatus, 'held'>): string {
  return held === null ? '' : `held: ${printable(held)}`
}

function joinedText(said: readonly string[]): string {
  return said.filter(text => text !== '').join('; ')
}

/** Null is what nobody has counted yet, or nobody has told. */
function countCells({
  files,
  bytes,
  diskFreeBytes,
  marks,
  scanAgeMs,
}: Omit<CoordinatorStatus, 'state' | 'seq'>): string[] {
  return [
    files === null ? '' : counted(files, 'file'),
    bytes === null ? '' : sizeText(bytes),
    diskFreeBytes === null ? '' : `${sizeText(diskFreeBytes)} free`,
    marks === null || marks === 0 ? '' : `${counted(marks, 'path')} changed on disk`,
    scanAgeMs === null ? '' : `scanned ${durationText(scanAgeMs)} ago`,
  ]
}

function heartbeatText(ms: number): string {
  return ms < 10 * secondMs ? `${(ms / secondMs).toFixed(1)} s` : durationText(ms)
}

function reasonText(reason: string | null): string {
  return reason === null ? '' : printable(reason)
}
