/** Where something is wrong, the command that comes next: only what this version has. Pure. */
import type { ReplicaStatus, Status } from '../../protocol/messages.ts'
import { printable } from './printable.ts'

/** @returns a line for each thing to do; none while everything is well. */
export function nextCommands({ coordinator, replicas }: Status): string[] {
  if (coordinator.state === 'down') {
    const { name, address } = coordinator
    return [
      `next: start ${name}: concur-coordinator --root DIR --name ${name} --listen ${printable(address)} …`,
    ]
  }
  const behind = replicas.filter(isCatchingUp).map(({ name }) => name)
  return [
    ...replicas.filter(({ state }) => state === 'down').map(startLine),
    ...(behind.length === 0 ? [] : [`next: until ${behind.join(' and ')} caught up: concur wait`]),
  ]
}

/** Who is fenced does not go on by itself. */
function isCatchingUp({ state, lagOps, fenced }: ReplicaStatus): boolean {
  if (state === 'down' || fenced !== null) return false
  return state === 'catching-up' || (lagOps ?? 0) > 0
}

function startLine({ name, address }: ReplicaStatus): string {
  return `next: start ${name}: concur-replica --root DIR --name ${name} --listen ${printable(address)} …`
}
