/**
 * VERIFY: whether all copies of a folder are the same. Every node sums up what its disk holds; where all sums agree,
 * nothing more is asked. What falls into the buckets that differ is compared as a listing compares it.
 * Clause: protocol/README.md "VERIFY".
 */
import { setMaxListeners } from 'node:events'
import { asConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import { nodesMax } from '../protocol/limits.ts'
import type { Detail, Row } from '../protocol/messages.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import { wholeTree } from '../protocol/path.ts'
import type { Report } from '../protocol/progress-reports.ts'
import type { Stream } from '../protocol/stream.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import { askSums, bucketsOf, type Summed } from './ask-sums.ts'
import { ComparedRows } from './compared-rows.ts'
import { behindLink } from './mark.ts'
import { type MergedEntry, MergedWalk } from './merge-walks.ts'
import type { ComparedNodes } from './on-list.ts'
import type { RequestContext } from './request.ts'
import { sendRows } from './row-pages.ts'
import { type Base, VerifiedCount } from './verified-count.ts'

export interface VerifiedNodes extends ComparedNodes {
  /** Every byte of every copy was compared, of the whole tree and all nodes; links and devices have none. */
  readonly onDeep: (nowMs: number) => void
}

export function onVerify(compared: VerifiedNodes, request: BodyOf<'VERIFY'>, context: RequestContext): void {
  const { stream, reports } = context
  const endLine = beginRequestLine(context, 'verify', request.path)
  const report = reports.begin(stream)
  verify(compared, request, { ...context, report })
    .then(
      () => endLine({ verdict: 'verified' }),
      error => {
        endLine(failure(error))
        stream.fail(asConcurError(error))
      },
    )
    .finally(() => report.end())
}

async function verify(
  { nodes, motion, onDeep }: VerifiedNodes,
  request: BodyOf<'VERIFY'>,
  { stream, timers, clock, report }: RequestContext & { report: Report },
): Promise<void> {
  const onProgress: Report['update'] = progress => report.update(progress)
  const signal = untilUnwanted(stream)
  const summed = await askSums(nodes, { ...request, signal, timers, onProgress })
  if (stream.ended) return
  const buckets = bucketsOf(summed)
  const count = new VerifiedCount(baseOf(summed, buckets))
  let isCompared = true
  const onRow = ({ mark, type }: Row): void => {
    if (mark === '!' && type !== 'other') isCompared = false
  }
  const unreachable =
    buckets?.size === 0
      ? []
      : await sendDifferences({ nodes, motion }, request, { stream, summed, buckets, count, onRow })
  if (request.deep && request.path === wholeTree && isCompared && unreachable.length === 0)
    onDeep(clock.nowMs())
  const names = nodes.map(({ name }) => name)
  await stream.sendFlow('VERIFIED', { ...count.total(), nodes: names, unreachable }, true)
}

interface Differences {
  readonly stream: Stream
  readonly summed: readonly Summed[]
  readonly buckets: ReadonlySet<number> | null
  readonly count: VerifiedCount
  readonly onRow: (row: Row) => void
}

/** @returns the nodes that could not be asked. */
async function sendDifferences(
  { nodes, motion }: ComparedNodes,
  { path, deep }: BodyOf<'VERIFY'>,
  { stream, summed, buckets, count, onRow }: Differences,
): Promise<Detail[]> {
  const rows = new ComparedRows({ nodes, motion, onProgress: () => {} })
  const failed = new Map<NodeName, string>()
  for (const [place, one] of summed.entries()) {
    // A node whose bytes were not all read cannot be compared by a walk, which reads none.
    if (deep && one.is === 'failed') failed.set(nodes[place]!.name, one.reason)
  }
  const merged = new MergedWalk({
    ...{ nodes, folder: path, recursive: true, buckets, failed },
    withFolder: path !== wholeTree,
    behindLink,
  })
  const rowOf = (entry: MergedEntry) => {
    count.add(entry)
    const told = (row: Row | null): Row | null => {
      if (row !== null) onRow(row)
      return unlessSame(row)
    }
    const row = rows.rowOf(entry)
    return row instanceof Promise ? row.then(told) : told(row)
  }
  try {
    await sendRows(stream, merged, rowOf)
    return merged.unreachable()
  } finally {
    await merged.close()
  }
}

function unlessSame(row: Row | null): Row | null {
  return row?.mark === '=' ? null : row
}

/** The first node will do: outside of what is looked through they are all alike. */
function baseOf(summed: readonly Summed[], buckets: ReadonlySet<number> | null): Base | null {
  const [first] = summed
  return buckets === null || first?.is !== 'summed' ? null : { place: 0, sum: first.sum }
}

/** @returns a signal that says when the client does not want the answer any more. */
function untilUnwanted(stream: Stream): AbortSignal {
  const unwanted = new AbortController()
  setMaxListeners(nodesMax, unwanted.signal)
  stream.listen({ onMessage: () => {}, onFailed: () => unwanted.abort() })
  return unwanted.signal
}
