/**
 * READ: the verified read. Compares the copies, says the verdict, and sends one copy of each content that was asked
 * for. Clause: protocol/README.md "READ".
 */

import type { Version } from '../protocol/copies.ts'
import { asConcurError, ConcurError } from '../protocol/errors.ts'
import type { Progress, Read, Verdict } from '../protocol/messages.ts'
import type { FilePath } from '../protocol/path.ts'
import type { Stream } from '../protocol/stream.ts'
import { lastOpOf, refused } from '../protocol/verdict.ts'
import { verdictFrom, wantedVersions } from '../protocol/wanted-bodies.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import { type BodySink, finishBodies, streamSink } from '../replica/store/body-sink.ts'
import type { Store } from '../replica/store/store.ts'
import { compareCopies, type Standing } from './compare.ts'
import type { Node } from './node.ts'
import type { RequestContext } from './request.ts'

/** A file up to this size, held here, is sent in the turn in which its verdict is known. */
const atOnceBytesMax = 64 * 1024

export interface ReadingNodes {
  /** In the configured order, coordinator first. */
  readonly nodes: readonly Node[]
  readonly store: Store
  readonly standing: Standing
}

export function onRead(reading: ReadingNodes, request: Read, context: RequestContext): void {
  const { nodes, standing } = reading
  const { stream, reports, timers } = context
  const endLine = beginRequestLine(context, 'read', request.path)
  if (request.from !== null && !nodes.some(node => node.name === request.from)) {
    const known = nodes.map(node => node.name).join(', ')
    const verdict = refused('USAGE', `no node is called ${request.from}; the nodes are ${known}`)
    endLine({ code: 'USAGE' })
    return stream.send('VERDICT', verdict, true)
  }
  const report = reports.begin(stream)
  const onProgress = (progress: Progress): void => report.update(progress)
  let isCompared = false
  const how = { deep: request.deep, standing, timers, onProgress }
  const callOff = compareCopies(nodes, request.path, how, (found, answers) => {
    isCompared = true
    report.end()
    const from = verdictFrom(found, request)
    const verdict = request.lastOp
      ? { ...from, lastOp: lastOpOf(answers, standing.pastOf(request.path)) }
      : from
    endLine(verdict.error === null ? { verdict: verdict.verdict } : { code: verdict.error.code })
    answer(reading, request, verdict, context)
  })
  if (isCompared) return
  const onFailed = (error: ConcurError): void => {
    if (isCompared) return
    callOff()
    report.end()
    endLine(failure(error))
  }
  stream.listen({ onMessage: () => {}, onFailed })
}

function answer(reading: ReadingNodes, request: Read, verdict: Verdict, context: RequestContext): void {
  const { stream } = context
  const wanted = wantedVersions(verdict, request)
  stream.send('VERDICT', verdict, wanted.length === 0)
  if (stream.ended) return
  if (wanted.length === 1 && sendAtOnce(reading, request.path, verdict, wanted[0]!, stream)) return
  void sendBodies(reading.nodes, request.path, verdict, wanted, context)
}

/** @returns whether the whole body is on its way; false for what is large, or lies on a replica only. */
function sendAtOnce(
  { nodes, store }: ReadingNodes,
  path: FilePath,
  verdict: Verdict,
  place: number,
  stream: Stream,
): boolean {
  const { size, digest, copies } = verdict.versions[place]!
  if (size > atOnceBytesMax || copies[0]!.node !== nodes[0]!.name) return false
  const small = store.readSmall(path, digest!, atOnceBytesMax)
  if (small === null) return false
  void stream.sendFlow('BODY', { version: place, size })
  if (size > 0) void stream.sendPiece('DIGESTS', small.blockDigests)
  void stream.sendPiece('CHUNK', small.bytes, true)
  return true
}

async function sendBodies(
  nodes: readonly Node[],
  path: FilePath,
  verdict: Verdict,
  wanted: readonly number[],
  { client, log, stream }: RequestContext,
): Promise<void> {
  try {
    for (const place of wanted)
      await pourVersion(nodes, path, verdict.versions[place]!, streamSink(stream, place))
    finishBodies(stream)
  } catch (error) {
    if (!stream.ended) log.warn({ client, op: 'read', path, ...failure(error) }, 'broken off')
    stream.fail(asConcurError(error))
  }
}

/**
 * Pours a version from its first holder; a holder that fails before anything was poured gives way to the next.
 * @throws ConcurError what the last one tried met; CHANGED for a file that is gone.
 */
export async function pourVersion(
  nodes: readonly Node[],
  path: FilePath,
  version: Version,
  sink: BodySink,
): Promise<void> {
  const holders = version.copies.map(copy => nodes.find(node => node.name === copy.node)!)
  for (const [tried, holder] of holders.entries()) {
    if (sink.closed) return
    let begun = false
    const watched: BodySink = {
      get closed() {
        return sink.closed
      },
      begin(size) {
        begun = true
        sink.begin(size)
      },
      piece: (opcode, bytes) => sink.piece(opcode, bytes),
    }
    try {
      return await holder.pour(path, version.digest!, watched)
    } catch (error) {
      if (begun || tried === holders.length - 1) throw goneIsChanged(error)
    }
  }
}

/** A file that its holder does not have any more has moved under the read; that no node has it, nobody has said. */
function goneIsChanged(error: unknown): unknown {
  const isGone = error instanceof ConcurError && error.code === 'NOT_FOUND'
  return isGone ? new ConcurError('CHANGED', error.message, { cause: error }) : error
}
