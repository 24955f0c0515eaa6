/**
 * HISTORY: the contents that a path and all below it had and that some node still has, path by path, the oldest first.
 * Clause: protocol/README.md "HISTORY".
 */
import { asConcurError, ConcurError } from '../protocol/errors.ts'
import type { KeptContent } from '../protocol/history-messages.ts'
import { keptContents, rowBytes } from '../protocol/kept-contents.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import { inPages } from '../protocol/pages.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import type { Store } from '../replica/store/store.ts'
import { MergedByPath } from './merge-by-path.ts'
import type { Node } from './node.ts'
import type { RequestContext } from './request.ts'

export interface HistorySources {
  /** In the configured order, coordinator first. */
  readonly nodes: readonly Node[]
  readonly store: Pick<Store, 'journaled'>
}

export function onHistory(
  sources: HistorySources,
  request: BodyOf<'HISTORY'>,
  context: RequestContext,
): void {
  const { stream, reports } = context
  const endLine = beginRequestLine(context, 'history', request.path)
  const report = reports.begin(stream)
  tell(sources, request, context)
    .then(
      () => endLine({ verdict: 'told' }),
      error => {
        endLine(failure(error))
        stream.fail(asConcurError(error))
      },
    )
    .finally(() => report.end())
}

async function tell(
  { nodes, store }: HistorySources,
  { path }: BodyOf<'HISTORY'>,
  { stream, clock }: RequestContext,
): Promise<void> {
  const merged = new MergedByPath(nodes.map(node => ({ node: node.name, pages: node.had(path) })))
  let isAny = false
  async function* rows(): AsyncGenerator<KeptContent[]> {
    for (let next = await merged.next(); next !== null; next = await merged.next()) {
      const { by } = next
      isAny = true
      yield keptContents(
        by.map(({ node, told: contents }) => ({ node, contents })),
        clock.nowMs(),
      )
    }
  }
  try {
    for await (const contents of inPages(rows(), rowBytes)) {
      if (stream.ended) return
      await stream.sendFlow('KEPT', { contents })
    }
    const unreachable = merged.unreachable()
    if (!isAny && path !== '' && store.journaled(path)?.is !== 'folder') throw nothingOf(nodes, unreachable)
    await stream.sendFlow('LISTED', { unreachable }, true)
  } finally {
    await merged.close()
  }
}

function nothingOf(nodes: readonly Node[], unreachable: BodyOf<'LISTED'>['unreachable']): ConcurError {
  const silent = new Map(unreachable.map(({ node, reason }) => [node, reason]))
  const asked = nodes.filter(({ name }) => !silent.has(name)).map(({ name }) => name)
  const said = asked.length === 0 ? [] : [`nothing that it was is on ${asked.join(', ')}`]
  for (const [node, reason] of silent) said.push(`${node} ${reason}`)
  return new ConcurError(silent.size === 0 ? 'NOT_FOUND' : 'UNREACHABLE', said.join('; '))
}
