/**
 * Plain-text reads, for `nc` and the oldest programs of this design: `SINGLE_FILE|` and the bytes, every version by
 * node, or `ERROR|` and a sentence. There is no room for notes, so a node that could not be asked is an error.
 * Clause: protocol/README.md "Plain text".
 */

import { BodyReceiver, ContentMoved, returnBlock } from '../protocol/body-receiver.ts'
import { BufferPool } from '../protocol/buffer-pool.ts'
import type { Version } from '../protocol/copies.ts'
import { asConcurError, ConcurError } from '../protocol/errors.ts'
import { blockBytes } from '../protocol/limits.ts'
import type { Verdict } from '../protocol/messages.ts'
import { type FilePath, parsePath } from '../protocol/path.ts'
import type { PlainTextPeer } from '../replica/program/plain-text-peer.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import type { BodySink } from '../replica/store/body-sink.ts'
import { compareCopies, type Standing } from './compare.ts'
import type { Node } from './node.ts'
import { pourVersion } from './on-read.ts'
import type { RequestContext } from './request.ts'

/** A file that changes under the reading is read anew this often. */
const triesMax = 3

export function servePlainText(
  nodes: readonly Node[],
  peer: PlainTextPeer,
  context: Omit<RequestContext, 'stream' | 'reports'> & Pick<Standing, 'settledSeqFor' | 'pastOf'>,
): void {
  peer.awaitRequest(typed => {
    const endLine = beginRequestLine(context, 'text', typed.toString('utf8'))
    answer(nodes, peer, typed, context).then(
      verdict => endLine({ verdict }),
      error => {
        endLine(failure(error))
        if (peer.hasAnswered) return peer.breakOff()
        peer.forget()
        void peer.answerAll(`ERROR|${asConcurError(error).message}`)
      },
    )
  })
}

async function answer(
  nodes: readonly Node[],
  peer: PlainTextPeer,
  typed: Buffer,
  context: Pick<RequestContext, 'timers'> & Pick<Standing, 'settledSeqFor' | 'pastOf'>,
): Promise<string> {
  const path = parsePath(typed)
  let deep = false
  for (let tried = 1; ; tried++) {
    const verdict = await compare(nodes, path, deep, context)
    assertAnswerable(verdict)
    try {
      await pourVerdict(nodes, peer, path, verdict)
      await peer.end()
      return verdict.verdict
    } catch (error) {
      const isFinal = tried === triesMax || asConcurError(error).code !== 'CHANGED'
      if (isFinal || peer.hasAnswered) throw error
      peer.forget()
      // Bytes that are not those of the verdict: something may have rotted, which a reading finds out.
      deep ||= error instanceof ContentMoved
    }
  }
}

/** A copy that is only behind is a different one here: there is no room to say so. */
function compare(
  nodes: readonly Node[],
  path: FilePath,
  deep: boolean,
  {
    timers,
    settledSeqFor,
    pastOf,
  }: Pick<RequestContext, 'timers'> & Pick<Standing, 'settledSeqFor' | 'pastOf'>,
): Promise<Verdict> {
  const standing: Standing = { settledSeqFor, pastOf, lags: () => new Map() }
  return new Promise(resolve =>
    compareCopies(nodes, path, { deep, standing, timers, onProgress() {} }, resolve),
  )
}

/** @throws ConcurError for every verdict that has no versions to show. */
function assertAnswerable({ unreachable, error, verdict, versions }: Verdict): void {
  if (unreachable.length > 0)
    throw new ConcurError('UNREACHABLE', `${unreachable.join(', ')} could not be asked`)
  if (error?.code === 'NOT_FOUND') throw new ConcurError('NOT_FOUND', 'File not found on both servers')
  if (error !== null) throw new ConcurError(error.code, error.message)
  if (verdict === 'DIFFERENT_FILES' && versions.filter(isFile).length < 2)
    throw new ConcurError('NOT_A_FILE', sentenceOf(versions))
}

/** Why versions of which at most one is a file are no agreement. */
function sentenceOf(versions: readonly Version[]): string {
  if (versions.length > 1) return 'the copies differ, and not all of them are files'
  const [{ cause, copies }] = versions as [Version]
  const on = copies.map(({ node }) => node).join(', ')
  return cause === 'bit-rot' ? `the copy on ${on} has rotted` : `it was deleted, and is still on ${on}`
}

async function pourVerdict(
  nodes: readonly Node[],
  peer: PlainTextPeer,
  path: FilePath,
  verdict: Verdict,
): Promise<void> {
  await peer.write(Buffer.from(verdict.verdict))
  for (const version of verdict.versions.filter(isFile)) {
    const name = verdict.verdict === 'SINGLE_FILE' ? '' : `|${version.copies[0]!.node.toUpperCase()}`
    await peer.write(Buffer.from(`${name}|`))
    const sink = new CheckedSink(peer, version)
    await pourVersion(nodes, path, version, sink)
    if (peer.closed) throw new ConcurError('UNREACHABLE', 'the reader is gone')
    sink.assertWhole()
  }
}

/** Passes on to the reader what was held against the verdict, a block at a time, as fast as the reader takes it. */
class CheckedSink implements BodySink {
  private readonly peer: PlainTextPeer
  private readonly size: number
  private readonly body: BodyReceiver
  private readonly pool = new BufferPool({ bufferBytes: blockBytes, keepMax: 2 })
  private written = Promise.resolve()

  constructor(peer: PlainTextPeer, { digest, size }: Version) {
    this.peer = peer
    this.size = size
    this.body = new BodyReceiver({
      digest: digest!,
      size,
      pool: this.pool,
      onBlock: block => this.write(block),
    })
  }

  get closed(): boolean {
    return this.peer.closed
  }

  begin(size: number): void {
    if (size !== this.size) throw new ContentMoved(`${size} bytes where the verdict says ${this.size}`)
  }

  async piece(opcode: 'DIGESTS' | 'CHUNK', bytes: Buffer): Promise<void> {
    if (opcode === 'DIGESTS') this.body.takeDigests(bytes)
    else this.body.takeBytes(bytes)
    await this.written
  }

  /** @throws ContentMoved when something of it did not come. */
  assertWhole(): void {
    if (!this.body.isWhole) throw new ContentMoved('it ended too early')
  }

  private write(block: Buffer): void {
    this.written = this.written.then(() => this.peer.write(block)).then(() => returnBlock(this.pool, block))
  }
}

function isFile(version: Version): boolean {
  return version.type === 'file'
}
