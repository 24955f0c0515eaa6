/**
 * Plain-text reads, for `nc` and the oldest programs of this design: `SINGLE_FILE|` and the bytes, every version by
 * node, or `ERROR|` and a sentence. There is no room for notes, so a node that could not be asked is an error.
 * Clause: protocol/README.md "Plain text".
 */

import { CheckedBody } from '../protocol/checked-body.ts'
import { asConcurError, ConcurError } from '../protocol/errors.ts'
import type { Verdict, Version } from '../protocol/messages.ts'
import { type FilePath, parsePath } from '../protocol/path.ts'
import type { PlainTextPeer } from '../replica/program/plain-text-peer.ts'
import { beginRequestLine, failure } from '../replica/program/request-line.ts'
import type { BodySink } from '../replica/store/body-sink.ts'
import { compareCopies } from './compare.ts'
import type { Node } from './node.ts'
import { pourVersion } from './on-read.ts'
import type { RequestContext } from './request.ts'

/** A file that changes under the reading is read anew this often. */
const triesMax = 3

export function servePlainText(
  nodes: readonly Node[],
  peer: PlainTextPeer,
  context: Omit<RequestContext, 'stream' | 'reports'>,
): void {
  peer.awaitRequest(typed => {
    const endLine = beginRequestLine(context, 'text', typed.toString('utf8'))
    answer(nodes, peer, typed).then(
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

async function answer(nodes: readonly Node[], peer: PlainTextPeer, typed: Buffer): Promise<string> {
  const path = parsePath(typed)
  for (let tried = 1; ; tried++) {
    const verdict = await compare(nodes, path)
    assertAnswerable(verdict)
    try {
      await pourVerdict(nodes, peer, path, verdict)
      await peer.end()
      return verdict.verdict
    } catch (error) {
      const isFinal = tried === triesMax || asConcurError(error).code !== 'CHANGED'
      if (isFinal || peer.hasAnswered) throw error
      peer.forget()
    }
  }
}

function compare(nodes: readonly Node[], path: FilePath): Promise<Verdict> {
  return new Promise(resolve => compareCopies(nodes, path, { deep: false, onProgress() {} }, resolve))
}

/** @throws ConcurError for every verdict that has no versions to show. */
function assertAnswerable({ unreachable, error, verdict, versions }: Verdict): void {
  if (unreachable.length > 0)
    throw new ConcurError('UNREACHABLE', `${unreachable.join(', ')} could not be asked`)
  if (error?.code === 'NOT_FOUND') throw new ConcurError('NOT_FOUND', 'File not found on both servers')
  if (error !== null) throw new ConcurError(error.code, error.message)
  if (verdict === 'DIFFERENT_FILES' && versions.filter(isFile).length < 2) {
    throw new ConcurError('NOT_A_FILE', 'the copies differ, and not all of them are files')
  }
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
    const body = new CheckedBody({ digest: version.digest!, onBlock: block => peer.write(block) })
    await pourVersion(nodes, path, version, sinkOf(peer, body))
    if (peer.closed) throw new ConcurError('UNREACHABLE', 'the reader is gone')
    body.assertWhole()
  }
}

/** Pieces are worked on one after the other, however fast they come. */
function sinkOf(peer: PlainTextPeer, body: CheckedBody): BodySink {
  let last = Promise.resolve()
  return {
    get closed() {
      return peer.closed
    },
    begin: size => body.begin(size),
    piece(opcode, bytes) {
      last = last.then(() => (opcode === 'DIGESTS' ? body.takeDigests(bytes) : body.takeBytes(bytes)))
      return last
    },
  }
}

function isFile(version: Version): boolean {
  return version.type === 'file'
}
