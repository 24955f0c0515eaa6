/**
 * PAST: what paths were behind an operation, by the coordinator's journal. CONTENT: one of the contents that they had, from
 * whichever node has it. Clause: protocol/README.md "PAST", "CONTENT".
 */
import { asConcurError, ConcurError } from '../protocol/errors.ts'
import { inPages } from '../protocol/pages.ts'
import type { PastEntry, PastRequest, Recall } from '../protocol/past-messages.ts'
import { compareUtf8 } from '../protocol/path.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import { type BodySink, finishBodies, streamSink } from '../replica/store/body-sink.ts'
import type { PastStates } from '../replica/store/past/past-of.ts'
import type { Store } from '../replica/store/store.ts'
import type { Node } from './node.ts'
import { NodeTries } from './node-tries.ts'
import type { RequestContext } from './request.ts'

/** Of an entry beside its path, or a little more. */
const entryFixedBytes = 64

export function onPast(
  store: Pick<Store, 'past' | 'journaled'>,
  request: PastRequest,
  context: RequestContext,
): void {
  const { stream } = context
  answer(context, 'past', request.path, async () => {
    const past = await store.past.states(request.path, request.at)
    for await (const entries of inPages([entriesOf(store, request, past)], entryBytes))
      await stream.sendFlow('PAST_IS', { at: past.at, entries })
    await stream.sendFlow('PAST_IS', { at: past.at, entries: [] }, true)
  })
}

function entryBytes({ path }: PastEntry): number {
  return Buffer.byteLength(path) + entryFixedBytes
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
  const { path, digest } = recall
  answer(context, 'content', path, async () => {
    const sink = streamSink(stream, 0)
    let isBegun = false
    const begin = (size: number): void => {
      isBegun = true
      sink.begin(size)
    }
    const tries = new NodeTries()
    for (const node of nodes) {
      const { piece } = sink
      const asked: BodySink = {
        begin,
        piece,
        get closed() {
          return sink.closed
        },
      }
      const told = await tries.of(() => node.recall(recall, asked).then(() => 'told'))
      if (told !== null) return finishBodies(stream)
      // Nobody goes on with what another node has begun.
      if (isBegun) throw new ConcurError('CHANGED', `${path}: what ${node.name} sent broke off`)
    }
    throw tries.unreachable ?? new ConcurError('NOT_FOUND', `${path}: no node has ${digest} any more`)
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
