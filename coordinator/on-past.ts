/**
 * PAST: what paths were behind an operation, by the coordinator's journal. CONTENT: one of the contents that they had, from
 * whichever node has it. Clause: protocol/README.md "PAST", "CONTENT".
 */
import { asConcurError, ConcurError } from '../protocol/errors.ts'
import type { PastEntry, PastRequest, Recall } from '../protocol/past-messages.ts'
import { compareUtf8 } from '../protocol/path.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import { finishBodies, streamSink } from '../replica/store/body-sink.ts'
import type { PastStates } from '../replica/store/past/past-of.ts'
import type { Store } from '../replica/store/store.ts'
import type { Node } from './node.ts'
import type { RequestContext } from './request.ts'

/** So many entries fit into a frame, however long their paths are. */
const pageEntries = 50

export function onPast(
  store: Pick<Store, 'past' | 'journaled'>,
  request: PastRequest,
  context: RequestContext,
): void {
  const { stream } = context
  answer(context, 'past', request.path, async () => {
    const past = await store.past.states(request.path, request.at)
    const entries = entriesOf(store, request, past)
    for (let from = 0; from < entries.length; from += pageEntries)
      await stream.sendFlow('PAST_IS', { at: past.at, entries: entries.slice(from, from + pageEntries) })
    await stream.sendFlow('PAST_IS', { at: past.at, entries: [] }, true)
  })
}

/** The path itself first, whatever it is now; of the others what is otherwise now. */
function entriesOf(
  store: Pick<Store, 'journaled'>,
  { path: asked }: PastRequest,
  { states }: PastStates,
): PastEntry[] {
  const entries: PastEntry[] = []
  for (const [path, was] of [...states].sort(([a], [b]) => compareUtf8(a, b))) {
    const now = store.journaled(path)
    const isFile = was.is === 'file'
    const isSame = now?.is === was.is && !(isFile && now.is === 'file' && now.digest !== was.digest)
    if (isSame && path !== asked) continue
    const file = isFile ? { size: was.size, digest: was.digest } : { size: null, digest: null }
    entries.push({ path, type: was.is, at: was.at, ...file })
  }
  return entries
}

export function onContent(nodes: readonly Node[], recall: Recall, context: RequestContext): void {
  const { stream } = context
  answer(context, 'content', recall.path, async () => {
    let refusal = new ConcurError('NOT_FOUND', `${recall.path}: no node has ${recall.digest} any more`)
    for (const node of nodes) {
      let hasBegun = false
      const sink = streamSink(stream, 0)
      const begin = (size: number): void => {
        hasBegun = true
        sink.begin(size)
      }
      try {
        const { piece } = sink
        await node.recall(recall, {
          begin,
          piece,
          get closed() {
            return stream.ended
          },
        })
        return finishBodies(stream)
      } catch (error) {
        const known = asConcurError(error)
        if (hasBegun || known.code === 'INTERNAL') throw error
        if (known.code !== 'NOT_FOUND') refusal = known
      }
    }
    throw refusal
  })
}

function answer(
  { stream, reports, ...line }: RequestContext,
  op: string,
  path: string,
  work: () => Promise<void>,
): void {
  const endLine = beginRequestLine(line, op, path)
  const report = reports.begin(stream)
  work()
    .then(
      () => endLine({ verdict: 'told' }),
      error => {
        endLine(failure(error))
        stream.fail(asConcurError(error))
      },
    )
    .finally(() => report.end())
}
