/** The change by which every copy becomes the one of a node. */
import type { NodeName } from '../../protocol/ids.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Wish } from '../sending/wish.ts'
import type { WantedChange } from './make-change.ts'

/** What is resolved, and under which conditions. */
export interface Resolving {
  readonly path: FilePath
  readonly conditions: Omit<Wish, 'what'>
}

/** `from`: where the node has it; null: at the path itself. `amongMany`: one of many that were asked for at once. */
export function wantedCopy(
  { path, conditions }: Resolving,
  node: NodeName,
  { from = null, amongMany = false }: { from?: FilePath | null; amongMany?: boolean } = {},
): WantedChange {
  const what: Wish['what'] = { type: 'resolve', path, node, from, executable: null, amongMany }
  return { command: 'resolve', subject: path, wish: { ...conditions, what }, source: null, nothingToDo: '' }
}
