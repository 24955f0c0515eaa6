/**
 * What is said where whole trees are compared: a node's sums, and what a client is told of them.
 * Clause: README.md "Messages".
 */
import { type Codec, flag, list, struct, u64, type ValueOf } from './codec.ts'
import { bucket, buckets, folderPath, nodeName } from './fields.ts'
import { bucketsMax, nodesMax, sumBytes } from './limits.ts'
import { detail } from './messages.ts'
import type { TreeSum } from './tree-sum.ts'

const bucketSum = struct(() => ({
  bucket,
  sum: { write: (w, v) => w.hex(v), read: r => r.hex(sumBytes) } as Codec<string>,
}))

export const sum = struct(() => ({ path: folderPath, deep: flag }))

export const summed: Codec<TreeSum> = struct(() => ({
  files: u64,
  bytes: u64,
  sums: list(bucketSum, bucketsMax),
  open: buckets,
}))

export const verify = struct(() => ({ path: folderPath, deep: flag }))

export const verified = struct(() => ({
  files: u64,
  bytes: u64,
  /** Every configured node, the coordinator first. */
  nodes: list(nodeName, nodesMax),
  unreachable: list(detail, nodesMax),
}))
export type Verified = ValueOf<typeof verified>
