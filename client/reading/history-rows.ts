/**
 * A HISTORY: rows of contents, then the nodes that could not be asked; and a PRUNE: rows of what goes, then up to where.
 * Clause: protocol/README.md "HISTORY", "PRUNE".
 */
import type { KeptContent, PrunedEnd, PrunedPath } from '../../protocol/history-messages.ts'
import type { Listed } from '../../protocol/messages.ts'
import { type RowQuestion, readRows } from './read-rows.ts'

type HistoryOptions = Omit<RowQuestion<'HISTORY', Listed, KeptContent>, 'opcode' | 'rowsIn' | 'lastWord'>
type PruneOptions = Omit<RowQuestion<'PRUNE', PrunedEnd, PrunedPath>, 'opcode' | 'rowsIn' | 'lastWord'>

/** @throws ConcurError what the server or the connection said; or what the receiver threw. */
export function historyRows(options: HistoryOptions): Promise<Listed> {
  return readRows({
    ...options,
    opcode: 'HISTORY',
    rowsIn: message => (message.opcode === 'KEPT' ? message.body.contents : null),
    lastWord: message => (message.opcode === 'LISTED' ? message.body : null),
  })
}

/** @throws as `historyRows`. */
export function pruneRows(options: PruneOptions): Promise<PrunedEnd> {
  return readRows({
    ...options,
    opcode: 'PRUNE',
    rowsIn: message => (message.opcode === 'PRUNING' ? message.body.paths : null),
    lastWord: message => (message.opcode === 'PRUNED' ? message.body : null),
  })
}
