/** EXAMINE and CONDITION: what a node finds when it looks at itself, for `doctor`. Clause: README.md "EXAMINE". */
import { list, optional, struct, text, u64, type ValueOf } from './codec.ts'
import { nodeName, path, reason, timeMs } from './fields.ts'
import { nodesMax } from './limits.ts'

export const condition = struct(() => ({
  /** Of the program. */
  version: text(64),
  /** The node's wall clock. */
  nowMs: timeMs,
  /** The kind of file system that the root lies on, ext4 for example. */
  fileSystem: text(64),
  /** The same for two nodes whose roots lie on one disk of one machine. */
  disk: text(64),
  /** Files and folders that the server may not read, or not move, at the last scan; none: there was none yet. */
  closed: optional(u64),
  /** One of them. */
  closedFirst: optional(path),
  /** When every byte of every copy was last compared; none: never as far as this node knows, which only a coordinator does. */
  deepVerifiedMs: optional(timeMs),
}))
export type Condition = ValueOf<typeof condition>

/** Of each configured node, coordinator first: its condition, or why it is not known. */
export const examined = struct(() => ({
  nodes: list(
    struct(() => ({ node: nodeName, condition: optional(condition), reason: optional(reason) })),
    nodesMax,
  ),
}))
export type Examined = ValueOf<typeof examined>
