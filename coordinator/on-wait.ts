/** WAIT: until every configured replica has settled what was committed at a path. Clause: protocol/README.md "WAIT". */
import { asConcurError } from '../protocol/errors.ts'
import type { Waited } from '../protocol/messages.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import type { Store } from '../replica/store/store.ts'
import type { Changing } from './changing/changing.ts'
import type { RequestContext } from './request.ts'

export interface WaitSources {
  readonly store: Pick<Store, 'lastSeqBelow'> & { readonly settler: Pick<Store['settler'], 'settledSeq'> }
  readonly changing: Pick<Changing, 'listen'> & {
    readonly ledger: Pick<Changing['ledger'], 'committedSeq'>
    readonly answers: Pick<Changing['answers'], 'behind'>
  }
}

export function onWait(sources: WaitSources, request: BodyOf<'WAIT'>, context: RequestContext): void {
  const { stream, reports } = context
  const endLine = beginRequestLine(context, 'wait', request.path)
  const report = reports.begin(stream)
  wait(sources, request, context)
    .then(
      waited => {
        endLine({ verdict: waited.behind.length === 0 ? 'reached' : 'behind' })
        stream.send('WAITED', waited, true)
      },
      error => {
        endLine(failure(error))
        stream.fail(asConcurError(error))
      },
    )
    .finally(() => report.end())
}

async function wait(
  { store, changing }: WaitSources,
  { path, timeoutMs }: BodyOf<'WAIT'>,
  { stream, timers }: RequestContext,
): Promise<Waited> {
  const { committedSeq } = changing.ledger
  let isOver = false
  let onNews = (): void => {}
  const until = async (holds: () => boolean): Promise<void> => {
    while (!isOver && !holds())
      await new Promise<void>(resolve => {
        onNews = resolve
      })
  }
  const end = (): void => {
    isOver = true
    onNews()
  }
  const callOff = timers.after(timeoutMs, end)
  const stopListening = changing.listen(() => onNews())
  stream.listen({ onMessage: () => {}, onFailed: end })
  try {
    // Before that this node cannot tell which record was the last one of the path.
    await until(() => store.settler.settledSeq >= committedSeq)
    const seq = path === '' || isOver ? committedSeq : await store.lastSeqBelow(path, committedSeq)
    await until(() => changing.answers.behind(seq).length === 0)
    return { seq, behind: changing.answers.behind(seq) }
  } finally {
    callOff()
    stopListening()
  }
}
