/** How many nodes have to have a change at the least. Clause: protocol/README.md "CHANGE", `ack`. */
import type { AckLevel } from '../../protocol/change-messages.ts'

/**
 * @param inSync nodes that changes wait for, the coordinator included.
 * @param configured all of them, the coordinator included.
 * @returns why that is too few, or null.
 */
export function tooFewFor(ack: AckLevel, inSync: number, configured: number): string | null {
  const needed = ack === 'all' ? configured : ack === 'quorum' ? Math.floor(configured / 2) + 1 : 1
  if (inSync >= needed) return null
  return `--ack ${ack} needs ${needed} of ${configured} nodes, and only ${inSync} can have the change now`
}
