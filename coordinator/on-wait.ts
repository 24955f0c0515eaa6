/** WAIT: until every configured replica has settled what was committed at a path. Clause: protocol/README.md "WAIT". */
import { asConcurError } from '../protocol/errors.ts'
import type { Waited } from '../protocol/messages.ts'
import type { BodyOf } from '../protocol/opcodes.ts'
import type { FolderPath } from '../protocol/path.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import type { Store } from '../replica/store/store.ts'
import type { Changing } from './changing/changing.ts'
import type { RequestContext } from './request.ts'

export interface WaitSources {
  readonly store: Store
  readonly changing: Changing
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
  let onLate = (): void => {}
  let isLate = false
  const late = new Promise<void>(resolve => {
    onLate = resolve
  })
  const callOff = timers.after(timeoutMs, () => {
    isLate = true
    onLate()
  })
  const found = await Promise.race([lastSeqBelow(store, changing, path), late])
  const seq = found ?? changing.ledger.committedSeq
  const behind = () => changing.answers.behind(seq)
  await new Promise<void>(resolve => {
    const look = (): void => {
      if (behind().length > 0 && !isLate && !stream.ended) return
      callOff()
      stopListening()
      resolve()
    }
    onLate = look
    const stopListening = changing.listen(look)
    stream.listen({ onMessage: () => {}, onFailed: look })
    look()
  })
  return { seq, behind: behind() }
}

/** The last record that was committed at the path or below it; 0: none. */
async function lastSeqBelow(store: Store, { ledger }: Changing, path: FolderPath): Promise<number> {
  const { committedSeq } = ledger
  return path === '' ? committedSeq : store.lastSeqBelow(path, committedSeq)
}
