/** Where something is wrong, the command that comes next: only what this version has. Pure. */
import type { CoordinatorStatus, ReplicaStatus, Status } from '../../protocol/messages.ts'
import { isToRenew } from './certificate-words.ts'
import { printable } from './printable.ts'

/**
 * @param nowMs milliseconds since 1970.
 * @returns a line for each thing to do; none while everything is well.
 */
export function nextCommands({ coordinator, replicas }: Status, nowMs: number): string[] {
  if (coordinator.state === 'down') {
    const { name, address } = coordinator
    return [
      `next: start ${name}: concur-coordinator --root DIR --name ${name} --listen ${printable(address)} …`,
    ]
  }
  const full = [coordinator, ...replicas].filter(isFull).map(({ name }) => name)
  // Where the coordinator takes no changes at all nobody gets on.
  const isStuck = coordinator.state === 'refusing-changes' && !isFull(coordinator)
  const behind = isStuck ? [] : replicas.filter(isCatchingUp).map(({ name }) => name)
  return [
    ...startOnceLines(coordinator, replicas),
    ...full.map(name => `next: make room on the disk of ${name}, which goes on by itself then`),
    ...replicas.filter(isToStart).map(startLine),
    ...replicas.filter(({ state, fenced }) => state === 'suspect' && fenced === null).map(watchLine),
    ...([coordinator, ...replicas].some(node => isToRenew(node, nowMs)) ? [renewLine] : []),
    ...([coordinator, ...replicas].some(({ marks }) => (marks ?? 0) > 0) ? [seeMarksLine] : []),
    ...(behind.length === 0 ? [] : [`next: until ${behind.join(' and ')} caught up: concur wait`]),
  ]
}

const renewLine =
  'next: renew the certificates: concur-coordinator init --dir DIR; then restart the servers with their new files'

const seeMarksLine = 'next: see what was changed on disk: concur verify'

/** The options with which the coordinator goes on, as the reasons name them. */
function startOnceLines({ name, reason }: CoordinatorStatus, replicas: readonly ReplicaStatus[]): string[] {
  const own = reason?.match(/--accept-journal [a-z0-9-]+/)?.[0]
  const named = replicas.flatMap(({ fenced }) => fenced?.match(/--replace [a-z0-9-]+/)?.[0] ?? [])
  const options = own === undefined ? named : [own]
  return options.length === 0 ? [] : [`next: start ${name} once with ${options.join(' ')}`]
}

/** Who is fenced does not go on by itself, and who has no room not for now. */
function isCatchingUp(replica: ReplicaStatus): boolean {
  const { state, lagOps, fenced } = replica
  if (state === 'down' || fenced !== null || isFull(replica)) return false
  return state === 'catching-up' || (lagOps ?? 0) > 0
}

/** Who answers, and is not the one that is meant, runs already. */
function isToStart({ state, reason }: ReplicaStatus): boolean {
  return state === 'down' && !(reason?.startsWith('belongs to cluster') || reason?.startsWith('calls itself'))
}

function isFull({ reason }: { readonly reason: string | null }): boolean {
  return reason?.startsWith('NO_SPACE') ?? false
}

/** It answers again by itself in a moment, or is down. */
function watchLine({ name }: ReplicaStatus): string {
  return `next: see whether ${name} comes back: concur status --watch`
}

function startLine({ name, address }: ReplicaStatus): string {
  return `next: start ${name}: concur-replica --root DIR --name ${name} --listen ${printable(address)} …`
}
