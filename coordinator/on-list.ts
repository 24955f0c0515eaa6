/** LIST: what any copy holds, with a mark a row. Clause: protocol/README.md "LIST". */
import { asConcurError } from '../protocol/errors.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import type { Report } from '../protocol/progress-reports.ts'
import type { Stream } from '../protocol/stream.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import { ComparedRows, type Motion, rowOf } from './compared-rows.ts'
import { behindLink } from './mark.ts'
import { MergedWalk } from './merge-walks.ts'
import type { Node } from './node.ts'
import type { RequestContext } from './request.ts'
import { sendRows } from './row-pages.ts'

export interface ComparedNodes {
  /** In the configured order, coordinator first. */
  readonly nodes: readonly Node[]
  readonly motion: Motion
}

export function onList(compared: ComparedNodes, request: BodyOf<'LIST'>, context: RequestContext): void {
  const { stream, reports } = context
  const endLine = beginRequestLine(context, 'ls', request.path)
  const report = reports.begin(stream)
  list(compared, request, { stream, report })
    .then(
      () => endLine({ verdict: 'listed' }),
      error => {
        endLine(failure(error))
        stream.fail(asConcurError(error))
      },
    )
    .finally(() => report.end())
}

async function list(
  { nodes, motion }: ComparedNodes,
  { path, recursive, compare }: BodyOf<'LIST'>,
  { stream, report }: { stream: Stream; report: Report },
): Promise<void> {
  const rows = new ComparedRows({ nodes, motion, onProgress: progress => report.update(progress) })
  const merged = new MergedWalk({ nodes, folder: path, recursive, behindLink })
  try {
    await sendRows(stream, merged, entry => (compare ? rows.rowOf(entry) : rowOf(nodes, entry, null)))
    await stream.sendFlow('LISTED', { unreachable: merged.unreachable() }, true)
  } finally {
    await merged.close()
  }
}
