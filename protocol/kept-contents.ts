/**
 * What all nodes together have of the contents of one path: one line for each content, the oldest first. Pure: how long
 * it stays is told by each node in time that it has left, and becomes a time of the clock here.
 */
import type { Digest } from './digest.ts'
import type { HadContent, KeptContent } from './history-messages.ts'
import type { NodeName } from './ids.ts'

/** What one node has of the path. */
export interface NodeContents {
  readonly node: NodeName
  readonly contents: readonly HadContent[]
}

/** What a row takes on the wire, or a little more. */
export function rowBytes({ path, nodes }: KeptContent): number {
  return 120 + Buffer.byteLength(path) + 36 * nodes.length
}

/** @param nodes in their order. */
export function keptContents(nodes: readonly NodeContents[], nowMs: number): KeptContent[] {
  const kept = new Map<Digest, KeptContent>()
  for (const { node, contents } of nodes) {
    for (const content of contents) {
      const before = kept.get(content.digest)
      const one = keptBy(node, content, nowMs)
      kept.set(content.digest, before === undefined ? one : joined(before, one))
    }
  }
  return oldestFirst([...kept.values()])
}

function keptBy(node: NodeName, content: HadContent, nowMs: number): KeptContent {
  const { leftMs, ...shared } = content
  return { ...shared, nodes: [node], untilMs: leftMs === null ? null : nowMs + leftMs }
}

/** It is somewhere as long as the last node has it; what an operation was, any node may know that has its record. */
function joined(one: KeptContent, other: KeptContent): KeptContent {
  const known = one.seq === null || (one.type === null && other.type !== null) ? other : one
  const isEndless = one.untilMs === null || other.untilMs === null
  return {
    ...known,
    isCurrent: one.isCurrent || other.isCurrent,
    nodes: [...one.nodes, ...other.nodes],
    untilMs: isEndless ? null : Math.max(one.untilMs!, other.untilMs!),
  }
}

/** By their operations; what no operation wrote stands behind the last one that is earlier, by the clock. */
function oldestFirst(contents: readonly KeptContent[]): KeptContent[] {
  const ordered = contents.filter(({ seq }) => seq !== null).sort((a, b) => a.seq! - b.seq!)
  const others = contents.filter(({ seq }) => seq === null).sort((a, b) => a.timeMs - b.timeMs)
  for (const other of others)
    ordered.splice(ordered.findLastIndex(({ timeMs }) => timeMs < other.timeMs) + 1, 0, other)
  return ordered
}
