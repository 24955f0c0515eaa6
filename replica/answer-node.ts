/** A coordinator's questions about this node's copy: LOOK, FETCH, WALK. Clause: protocol/README.md, the same words. */
import type { Request } from '../protocol/connection.ts'
import { asConcurError } from '../protocol/errors.ts'
import { pageBytesAim } from '../protocol/limits.ts'
import type { Copy, Entry, Progress } from '../protocol/messages.ts'
import type { BodyOf, NodeOpcode } from '../protocol/opcodes.ts'
import type { ProgressReports, Report } from '../protocol/progress-reports.ts'
import type { Stream } from '../protocol/stream.ts'
import { finishBodies, pourBody, streamSink } from './store/body-sink.ts'
import type { Store } from './store/store.ts'

/** Bytes of an entry beside its path. */
const entryFixedBytesMax = 64

export type NodeRequest = Extract<Request, { opcode: NodeOpcode }>

interface Answering {
  readonly stream: Stream
  readonly store: Store
  readonly reports: ProgressReports
}

export function answerNode(request: NodeRequest, answering: Answering): void {
  switch (request.opcode) {
    case 'LOOK':
      return onLook(request.body, answering)
    case 'FETCH':
      return failWith(answering.stream, onFetch(request.body, answering))
    case 'WALK':
      return failWith(answering.stream, onWalk(request.body, answering))
    default:
      return request satisfies never
  }
}

function onLook({ path, deep }: BodyOf<'LOOK'>, { stream, store, reports }: Answering): void {
  let report: Report | null = null
  let latest: Progress = { node: null, bytesDone: 0, bytesTotal: 0 }
  const onProgress = (bytesDone: number, bytesTotal: number): void => {
    latest = { node: null, bytesDone, bytesTotal }
    report?.update(latest)
  }
  const answer = (copy: Copy): void => stream.send('COPY', copy, true)
  const copy = store.look(path, { deep, onProgress })
  if (!(copy instanceof Promise)) return answer(copy)
  const begun = reports.begin(stream)
  begun.update(latest)
  report = begun
  failWith(
    stream,
    copy.then(answer).finally(() => begun.end()),
  )
}

async function onFetch(
  { path, digest }: BodyOf<'FETCH'>,
  { stream, store, reports }: Answering,
): Promise<void> {
  const report = reports.begin(stream)
  const body = await store.openBody(path, digest).finally(() => report.end())
  await pourBody(body, streamSink(stream, 0))
  finishBodies(stream)
}

async function onWalk(
  { path, recursive }: BodyOf<'WALK'>,
  { stream, store, reports }: Answering,
): Promise<void> {
  const report = reports.begin(stream)
  try {
    for await (const entries of store.walk(path, recursive)) {
      for (const page of pagesOf(entries)) {
        if (stream.ended) return
        await stream.sendFlow('ENTRIES', { entries: page })
      }
    }
    await stream.sendFlow('ENTRIES', { entries: [] }, true)
  } finally {
    report.end()
  }
}

/** Cuts what the disk gave at once into pages that fit a frame, however long the names are. */
export function* pagesOf(entries: readonly Entry[]): Generator<readonly Entry[]> {
  let begin = 0
  let bytes = 0
  for (const [at, { path }] of entries.entries()) {
    bytes += Buffer.byteLength(path) + entryFixedBytesMax
    if (bytes < pageBytesAim) continue
    yield entries.slice(begin, at + 1)
    begin = at + 1
    bytes = 0
  }
  if (begin < entries.length) yield entries.slice(begin)
}

function failWith(stream: Stream, work: Promise<void>): void {
  work.catch(error => stream.fail(asConcurError(error)))
}
