/**
 * A coordinator's questions about this node's copy, and the way of each request that changes it to what does it.
 * Clause: protocol/README.md "LOOK", "FETCH", "WALK", "HAD", "FORGET".
 */

import type { Request } from '../protocol/connection.ts'
import type { CopyAt } from '../protocol/copies.ts'
import { asConcurError } from '../protocol/errors.ts'
import type { Condition } from '../protocol/examine-messages.ts'
import { pageBytesAim } from '../protocol/limits.ts'
import type { Entry, Progress } from '../protocol/messages.ts'
import type { BodyOf, NodeOpcode } from '../protocol/opcodes.ts'
import { inPages } from '../protocol/pages.ts'
import type { ProgressReports, Report } from '../protocol/progress-reports.ts'
import type { Stream } from '../protocol/stream.ts'
import { onJournalAt, onReplay, onSurvey } from './answer-journal.ts'
import type { Following } from './following.ts'
import { onRecall } from './on-recall.ts'
import { finishBodies, pourBody, streamSink } from './store/body-sink.ts'
import { onceSettled } from './store/once-settled.ts'
import type { Store } from './store/store.ts'
import { onSupply } from './supply.ts'

/** Bytes of an entry beside its path. */
const entryFixedBytesMax = 64
/** Of what is told of history. */
const rowFixedBytesMax = 96

export type NodeRequest = Extract<Request, { opcode: NodeOpcode }>

export interface Answering {
  readonly stream: Stream
  readonly store: Store
  readonly reports: ProgressReports
  readonly following: Following
  /** What this node finds when it looks at itself. @throws DiskError. */
  readonly condition: () => Condition
}

export function answerNode(request: NodeRequest, answering: Answering): void {
  switch (request.opcode) {
    case 'LOOK':
      return failWith(answering.stream, onLook(request.body, answering))
    case 'FETCH':
      return failWith(answering.stream, onFetch(request.body, answering))
    case 'WALK':
      return failWith(answering.stream, onWalk(request.body, answering))
    case 'SUM':
      return failWith(answering.stream, onSum(request.body, answering))
    case 'CONDITION':
      return failWith(answering.stream, onCondition(answering))
    case 'SURVEY':
      return failWith(answering.stream, onSurvey(request.body, answering))
    case 'JOURNAL_AT':
      return failWith(answering.stream, onJournalAt(request.body, answering))
    case 'REPLAY':
      return failWith(answering.stream, onReplay(request.body, answering))
    case 'STAGE':
      return answering.following.stagings.onStage(request.body.stage, answering)
    case 'FOLLOW':
      return answering.following.onFollow(request.body, answering.stream)
    case 'RESTATE':
      return answering.following.onRestate(request.body, answering)
    case 'RECALL':
      return failWith(answering.stream, onRecall(request.body, answering))
    case 'HAD':
      return failWith(answering.stream, onHad(request.body, answering))
    case 'FORGET':
      return failWith(answering.stream, onForget(request.body, answering))
    case 'SUPPLY':
      return onSupply(request.body, answering)
    default:
      return request satisfies never
  }
}

async function onCondition({ stream, condition }: Answering): Promise<void> {
  stream.send('CONDITION_IS', condition(), true)
}

async function onLook(
  { path, deep, settledSeq }: BodyOf<'LOOK'>,
  { stream, store, reports }: Answering,
): Promise<void> {
  let report: Report | null = null
  let latest: Progress = { node: null, bytesDone: 0, bytesTotal: 0 }
  const begin = (): void => {
    report ??= reports.begin(stream)
    report.update(latest)
  }
  const onProgress = (bytesDone: number, bytesTotal: number): void => {
    latest = { node: null, bytesDone, bytesTotal }
    report?.update(latest)
  }
  const answer = (found: CopyAt): void => stream.send('COPY', found, true)
  try {
    const seq = store.settler.seqToSettle(path, settledSeq)
    if (seq !== null) {
      begin()
      await settledOrUnwanted(store.settler, seq, stream)
      if (stream.ended) return
    }
    const found = store.lookAt(path, { deep, onProgress })
    if (!(found instanceof Promise)) return answer(found)
    begin()
    answer(await found)
  } finally {
    endReport(report)
  }
}

/** A record that is never settled is waited for no longer than somebody wants the answer. */
function settledOrUnwanted(settler: Store['settler'], seq: number, stream: Stream): Promise<void> {
  return new Promise(resolve => {
    const callOff = onceSettled(settler, seq, resolve)
    const onFailed = (): void => {
      callOff()
      resolve()
    }
    stream.listen({ onMessage: () => {}, onFailed })
  })
}

function endReport(report: Report | null): void {
  report?.end()
}

async function onFetch(
  { path, digest, blocks }: BodyOf<'FETCH'>,
  { stream, store, reports }: Answering,
): Promise<void> {
  const report = reports.begin(stream)
  const body = await store.openBody(path, digest).finally(() => report.end())
  await pourBody(body, streamSink(stream, 0), blocks)
  finishBodies(stream)
}

async function onWalk(
  { path, recursive, buckets }: BodyOf<'WALK'>,
  { stream, store, reports }: Answering,
): Promise<void> {
  const report = reports.begin(stream)
  const walk = buckets === null ? store.walk(path, recursive) : store.walkBuckets(path, new Set(buckets))
  try {
    for await (const entries of walk) {
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

async function onSum({ path, deep }: BodyOf<'SUM'>, { stream, store, reports }: Answering): Promise<void> {
  const report = reports.begin(stream)
  const unwanted = new AbortController()
  stream.listen({ onMessage: () => {}, onFailed: () => unwanted.abort() })
  const onProgress = (bytesDone: number, bytesTotal: number): void =>
    report.update({ node: null, bytesDone, bytesTotal })
  try {
    const sum = await store.sum(path, { deep, signal: unwanted.signal, onProgress })
    await stream.sendFlow('SUMMED', sum, true)
  } finally {
    report.end()
  }
}

function onHad({ path }: BodyOf<'HAD'>, answering: Answering): Promise<void> {
  const { stream, store } = answering
  return tellPages(answering, store.history.had(path), (contents, fin) =>
    stream.sendFlow('HAD_IS', { contents }, fin),
  )
}

function onForget(wanted: BodyOf<'FORGET'>, answering: Answering): Promise<void> {
  const { stream, store } = answering
  return tellPages(answering, store.history.forget(wanted), (paths, fin) =>
    stream.sendFlow('FORGOT', { paths }, fin),
  )
}

/** The last page is empty, and ends the answer. */
async function tellPages<Row extends { readonly path: string }>(
  { stream, reports }: Answering,
  rows: AsyncIterable<readonly Row[]>,
  send: (page: readonly Row[], fin: boolean) => Promise<void>,
): Promise<void> {
  const report = reports.begin(stream)
  try {
    for await (const page of inPages(rows, pathBytes)) {
      if (stream.ended) return
      await send(page, false)
    }
    await send([], true)
  } finally {
    report.end()
  }
}

function pathBytes({ path }: { readonly path: string }): number {
  return Buffer.byteLength(path) + rowFixedBytesMax
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
