/** LOG: the operations at a path, and those that are committed from now on. Clause: protocol/README.md "LOG". */
import { asConcurError } from '../protocol/errors.ts'
import type { LogRequest } from '../protocol/messages.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import { pagesAfter, seqBeforeLast } from '../replica/store/logged-operations.ts'
import type { Store } from '../replica/store/store.ts'
import type { Changing } from './changing/changing.ts'
import type { RequestContext } from './request.ts'

export interface LogSources {
  readonly store: Store
  readonly changing: Changing
}

export function onLog(sources: LogSources, request: LogRequest, context: RequestContext): void {
  const { stream, reports } = context
  const endLine = beginRequestLine(context, 'log', request.path)
  const report = reports.begin(stream)
  tell(sources, request, context)
    .then(
      () => endLine({ verdict: 'logged' }),
      error => {
        endLine(failure(error))
        stream.fail(asConcurError(error))
      },
    )
    .finally(() => report.end())
}

async function tell(
  { store, changing }: LogSources,
  { path, sinceSeq, last, follow }: LogRequest,
  { stream }: RequestContext,
): Promise<void> {
  const { ledger } = changing
  const { journal } = store
  let onNews = (): void => {}
  stream.listen({ onMessage: () => {}, onFailed: () => onNews() })
  let lastSeq = ledger.committedSeq
  let afterSeq = sinceSeq ?? 0
  if (last !== null) afterSeq = seqBeforeLast(journal, path, { count: last, afterSeq, lastSeq })
  const stopListening = follow ? changing.listen(() => onNews()) : () => {}
  try {
    for (;;) {
      for (const operations of pagesAfter(journal, path, { afterSeq, lastSeq }))
        await stream.sendFlow('LOGGED', { operations })
      if (!follow) return void (await stream.sendFlow('LOGGED', { operations: [] }, true))
      afterSeq = lastSeq
      while (ledger.committedSeq <= afterSeq && !stream.ended)
        await new Promise<void>(resolve => {
          onNews = resolve
        })
      if (stream.ended) return
      lastSeq = ledger.committedSeq
    }
  } finally {
    stopListening()
  }
}
