/** A coordinator's questions about this node's copy and its journal. Clause: protocol/README.md, the same words. */
import type { Request } from '../protocol/connection.ts'
import type { CopyAt } from '../protocol/copies.ts'
import { asConcurError } from '../protocol/errors.ts'
import { pageBytesAim, recordsBytesAim } from '../protocol/limits.ts'
import type { Entry, Progress } from '../protocol/messages.ts'
import type { BodyOf, NodeOpcode } from '../protocol/opcodes.ts'
import type { ProgressReports, Report } from '../protocol/progress-reports.ts'
import type { Stream } from '../protocol/stream.ts'
import type { Following } from './following/following.ts'
import { finishBodies, pourBody, streamSink } from './store/body-sink.ts'
import type { Store } from './store/store.ts'

/** Bytes of an entry beside its path. */
const entryFixedBytesMax = 64

export type NodeRequest = Extract<Request, { opcode: NodeOpcode }>

interface Answering {
  readonly stream: Stream
  readonly store: Store
  readonly reports: ProgressReports
  readonly following: Following
}

export function answerNode(request: NodeRequest, answering: Answering): void {
  switch (request.opcode) {
    case 'LOOK':
      return onLook(request.body, answering)
    case 'FETCH':
      return failWith(answering.stream, onFetch(request.body, answering))
    case 'WALK':
      return failWith(answering.stream, onWalk(request.body, answering))
    case 'SURVEY':
      return failWith(answering.stream, onSurvey(request.body, answering))
    case 'STAGE':
      return answering.following.stage(request.body.stage, answering.stream)
    case 'JOURNAL_AT':
      return failWith(answering.stream, onJournalAt(request.body, answering))
    case 'FOLLOW':
      return answering.following.follow(request.body, answering.stream)
    case 'SUPPLY':
      return answering.following.supply(request.body, answering.stream)
    case 'REPLAY':
      return failWith(answering.stream, onReplay(request.body, answering))
    default:
      return request satisfies never
  }
}

function onLook({ path, deep, settledSeq }: BodyOf<'LOOK'>, { stream, store, reports }: Answering): void {
  let report: Report | null = null
  let latest: Progress = { node: null, bytesDone: 0, bytesTotal: 0 }
  const onProgress = (bytesDone: number, bytesTotal: number): void => {
    latest = { node: null, bytesDone, bytesTotal }
    report?.update(latest)
  }
  const answer = (copy: CopyAt): void => stream.send('COPY', copy, true)
  const settled = settledSeq === 0 ? null : store.settler.whenSettled(path, settledSeq)
  const how = { deep, onProgress }
  const copy = settled === null ? store.lookAt(path, how) : settled.then(() => store.lookAt(path, how))
  if (!(copy instanceof Promise)) return answer(copy)
  const begun = reports.begin(stream)
  begun.update(latest)
  report = begun
  failWith(
    stream,
    copy.then(answer).finally(() => begun.end()),
  )
}

async function onSurvey({ paths }: BodyOf<'SURVEY'>, { stream, store, reports }: Answering): Promise<void> {
  const report = reports.begin(stream)
  try {
    const places = await Promise.all(paths.map(path => store.survey(path)))
    stream.send('SURVEYED', { places }, true)
  } finally {
    report.end()
  }
}

async function onJournalAt({ seq }: BodyOf<'JOURNAL_AT'>, { stream, store }: Answering): Promise<void> {
  const { journal, promised, committedSeq } = store
  const hash = journal.at(seq)?.hash ?? null
  stream.send('JOURNAL_IS', { epoch: promised, lastSeq: journal.last.seq, committedSeq, hash }, true)
}

async function onReplay({ afterSeq }: BodyOf<'REPLAY'>, { stream, store }: Answering): Promise<void> {
  const { journal } = store
  for (let at = afterSeq; at < journal.last.seq && !stream.ended; ) {
    const entries = journal.readAfter(at, recordsBytesAim)
    at = entries.at(-1)!.record.seq
    const sent = entries.map(({ bytes, body }) => ({ record: bytes, body: body?.length ? body : null }))
    await stream.sendFlow('RECORDS', { entries: sent })
  }
  await stream.sendFlow('RECORDS', { entries: [] }, true)
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
