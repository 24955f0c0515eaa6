/**
 * What the frames about history say: the contents that paths had and that are still somewhere, and what goes for good.
 * Clause: README.md "HISTORY", "PRUNE", "HAD", "FORGET".
 */
import { flag, list, optional, struct, u32, u64, type ValueOf } from './codec.ts'
import { digest, folderPath, nodeName, path, timeMs } from './fields.ts'
import { nodesMax } from './limits.ts'
import { detail, opType } from './messages.ts'

const content = {
  path,
  digest,
  size: u64,
  /** The operation that wrote it, and what it was; none: no operation did, or it is not known any more. */
  seq: optional(u64),
  timeMs,
  type: optional(opType),
  /** The path is this content now. */
  isCurrent: flag,
}

/** What one node has. `leftMs`: how long it stays there, of time in which that node runs; none: no end is set. */
const hadContent = struct(() => ({ ...content, leftMs: optional(u64) }))
export type HadContent = ValueOf<typeof hadContent>

/** What all have. `untilMs`: when it goes, if all goes on running; none: no end is set. */
const keptContent = struct(() => ({ ...content, nodes: list(nodeName, nodesMax), untilMs: optional(timeMs) }))
export type KeptContent = ValueOf<typeof keptContent>

export const history = struct(() => ({ path: folderPath }))
export const had = struct(() => ({ path: folderPath }))
export const hadIs = struct(() => ({ contents: list(hadContent, 0xffff) }))
export const kept = struct(() => ({ contents: list(keptContent, 0xffff) }))

/** `seqMax`: what records up to this one took away goes; none: what would go is only told. */
export const prune = struct(() => ({ path: folderPath, olderMs: u64, seqMax: optional(u64) }))
export type PruneRequest = ValueOf<typeof prune>

/** `isDone`: it goes; else it is only told. */
export const forget = struct(() => ({ path: folderPath, olderMs: u64, seqMax: u64, isDone: flag }))
export type ForgetRequest = ValueOf<typeof forget>

/** `left`: was changed since it was filed, and stays for now. */
const forgotten = { path, objects: u32, bytes: u64, left: u32 }
const forgottenPath = struct(() => forgotten)
export type ForgottenPath = ValueOf<typeof forgottenPath>

const prunedPath = struct(() => ({ ...forgotten, nodes: list(nodeName, nodesMax) }))
export type PrunedPath = ValueOf<typeof prunedPath>

export const forgot = struct(() => ({ paths: list(forgottenPath, 0xffff) }))
export const pruning = struct(() => ({ paths: list(prunedPath, 0xffff) }))

/** `seqMax`: what was told goes up to here, and nothing that came later. */
export const pruned = struct(() => ({ seqMax: u64, unreachable: list(detail, nodesMax) }))
export type PrunedEnd = ValueOf<typeof pruned>
