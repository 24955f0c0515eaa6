/** Files that lie on fewer nodes than there are, though every change reached them all: what was never replicated. Pure. */
import type { NodeName } from '../../protocol/ids.ts'
import type { Status } from '../../protocol/messages.ts'

/**
 * @returns the node that has the most files, where the others have fewer; null: they have as many, somebody is still to
 *   settle something, or nobody has counted since the last change, `changedMsAgo` (null: nothing was ever changed).
 */
export function nodeToSpread(
  { coordinator, replicas }: Status,
  changedMsAgo: number | null,
): NodeName | null {
  const nodes = [coordinator, ...replicas]
  const isAtRest =
    coordinator.state === 'serving' && replicas.every(({ state, lagOps }) => state === 'up' && lagOps === 0)
  const areCounted = nodes.every(
    ({ files, scanAgeMs }) =>
      files !== null && scanAgeMs !== null && (changedMsAgo === null || scanAgeMs < changedMsAgo),
  )
  if (!isAtRest || !areCounted) return null
  const most = nodes.reduce((a, b) => (b.files! > a.files! ? b : a))
  return nodes.every(({ files }) => files === most.files) ? null : most.name
}

export function spreadLine(node: NodeName): string {
  return `next: bring files that some nodes lack to all: concur resolve --all --keep ${node} --dry-run`
}
