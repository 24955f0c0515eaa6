/**
 * PRUNE: what lies in history goes for good, on every node, or is only told. What goes is what was told: nothing that came
 * to history since. Clause: protocol/README.md "PRUNE".
 */
import { asConcurError } from '../protocol/errors.ts'
import type { PrunedPath, PruneRequest } from '../protocol/history-messages.ts'
import { inPages } from '../protocol/pages.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import type { Store } from '../replica/store/store.ts'
import { MergedByPath, type ToldOfPath } from './merge-by-path.ts'
import type { Node } from './node.ts'
import type { RequestContext } from './request.ts'

export interface PruneSources {
  /** In the configured order, coordinator first. */
  readonly nodes: readonly Node[]
  readonly store: Pick<Store, 'flush'> & { readonly history: Pick<Store['history'], 'prunableSeq'> }
}

export function onPrune(sources: PruneSources, request: PruneRequest, context: RequestContext): void {
  const { stream, reports, log, client } = context
  const isDone = request.seqMax !== null
  const endLine = beginRequestLine(context, isDone ? 'prune' : 'prune?', request.path)
  const report = reports.begin(stream)
  prune(sources, request, context)
    .then(
      ({ objects, bytes }) => {
        if (isDone) log.info({ client, path: request.path, objects, bytes }, 'history pruned by hand')
        endLine({ verdict: 'told' })
      },
      error => {
        endLine(failure(error))
        stream.fail(asConcurError(error))
      },
    )
    .finally(() => report.end())
}

async function prune(
  { nodes, store }: PruneSources,
  { path, olderMs, seqMax: upTo }: PruneRequest,
  { stream }: RequestContext,
): Promise<{ objects: number; bytes: number }> {
  // What was just replaced is told as well. Where that fails the store is fenced, and says so itself.
  await store.flush().catch(() => {})
  const seqMax = Math.min(upTo ?? Number.MAX_SAFE_INTEGER, store.history.prunableSeq)
  const wanted = { path, olderMs, seqMax, isDone: upTo !== null }
  const merged = new MergedByPath(nodes.map(node => ({ node: node.name, pages: node.forget(wanted) })))
  const total = { objects: 0, bytes: 0 }
  async function* rows(): AsyncGenerator<PrunedPath[]> {
    for (let next = await merged.next(); next !== null; next = await merged.next()) {
      const row = rowOf(next)
      total.objects += row.objects
      total.bytes += row.bytes
      yield [row]
    }
  }
  try {
    for await (const paths of inPages(
      rows(),
      one => 60 + Buffer.byteLength(one.path) + 36 * one.nodes.length,
    )) {
      if (stream.ended) return total
      await stream.sendFlow('PRUNING', { paths })
    }
    await stream.sendFlow('PRUNED', { seqMax, unreachable: merged.unreachable() }, true)
    return total
  } finally {
    await merged.close()
  }
}

/** A content that lies on several nodes counts on each. */
function rowOf({ path, by }: ToldOfPath<Omit<PrunedPath, 'nodes'>>): PrunedPath {
  const all = by.flatMap(({ told }) => told)
  const sum = (of: (one: Omit<PrunedPath, 'nodes'>) => number): number =>
    all.reduce((total, one) => total + of(one), 0)
  return {
    path,
    objects: sum(one => one.objects),
    bytes: sum(one => one.bytes),
    left: sum(one => one.left),
    nodes: by.map(({ node }) => node),
  }
}
