/** LOG: the operations at a path, and those that are committed from now on. Clause: protocol/README.md "LOG". */
import { asConcurError } from '../protocol/errors.ts'
import type { LogRequest } from '../protocol/messages.ts'
import type { Stream } from '../protocol/stream.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import { LoggedOperations } from '../replica/store/logged-operations.ts'
import { Slices } from '../replica/store/slices.ts'
import type { Store } from '../replica/store/store.ts'
import type { Changing } from './changing/changing.ts'
import type { RequestContext } from './request.ts'

const readBytes = 256 * 1024
const pace = { workMs: 8, restMs: 0 }

export interface LogSources {
  readonly store: { readonly journal: Pick<Store['journal'], 'readAfter' | 'begin'> }
  readonly changing: Pick<Changing, 'listen'> & { readonly ledger: Pick<Changing['ledger'], 'committedSeq'> }
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
  { stream, clock, timers }: RequestContext,
): Promise<void> {
  const { ledger } = changing
  let onNews = (): void => {}
  stream.listen({ onMessage: () => {}, onFailed: () => onNews() })
  const stopListening = follow ? changing.listen(() => onNews()) : () => {}
  const slices = new Slices({ clock, timers, pace })
  let told = { afterSeq: sinceSeq ?? 0, lastSeq: ledger.committedSeq }
  try {
    for (let count = last; !stream.ended; count = null) {
      await tellStretch(store, new LoggedOperations({ folder: path, last: count }), {
        ...told,
        slices,
        stream,
      })
      if (!follow) return void (await stream.sendFlow('LOGGED', { operations: [] }, true))
      while (ledger.committedSeq <= told.lastSeq && !stream.ended)
        await new Promise<void>(resolve => {
          onNews = resolve
        })
      told = { afterSeq: Math.max(told.afterSeq, told.lastSeq), lastSeq: ledger.committedSeq }
    }
  } finally {
    stopListening()
  }
}

/** A committed prefix never ends between a record and the one that abandons it: all of it can be told. */
async function tellStretch(
  { journal }: LogSources['store'],
  found: LoggedOperations,
  {
    afterSeq,
    lastSeq,
    slices,
    stream,
  }: { afterSeq: number; lastSeq: number; slices: Slices; stream: Stream },
): Promise<void> {
  for (let at = Math.max(afterSeq, journal.begin.seq); at < lastSeq && !stream.ended; ) {
    for (const { record } of journal.readAfter(at, readBytes)) {
      at = record.seq
      if (at <= lastSeq) found.take(record)
    }
    for (const operations of found.pagesSoFar()) await stream.sendFlow('LOGGED', { operations })
    if (slices.isUsedUp) await slices.next()
  }
  for (const operations of found.pagesAtEnd()) await stream.sendFlow('LOGGED', { operations })
}
