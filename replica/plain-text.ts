/**
 * Plain-text reads of this one copy, as the oldest programs of this design know them: the bare bytes, or
 * FILE_NOT_FOUND. Clause: protocol/README.md "Plain text".
 */
import { blockDigest, type Digest } from '../protocol/digest.ts'
import { ConcurError } from '../protocol/errors.ts'
import { digestBytes } from '../protocol/limits.ts'
import { type FilePath, parsePath } from '../protocol/path.ts'
import type { PlainTextPeer } from './program/plain-text-peer.ts'
import { beginRequestLine, failure, type RequestLineOptions } from './program/request-line.ts'
import { pourBody } from './store/body-sink.ts'
import type { Store } from './store/store.ts'

/** Two answers are all that such a client knows: where neither is true it gets none. */
export function servePlainText(
  store: Store,
  peer: PlainTextPeer,
  line: Omit<RequestLineOptions, 'client'>,
): void {
  peer.awaitRequest(typed => {
    const endLine = beginRequestLine({ ...line, client: null }, 'text', typed.toString('utf8'))
    answer(store, peer, typed).then(
      () => endLine({ verdict: 'SINGLE_FILE' }),
      error => {
        endLine(failure(error))
        if (isNoFile(error) && !peer.hasAnswered) void peer.answerAll('FILE_NOT_FOUND')
        else peer.breakOff()
      },
    )
  })
}

async function answer(store: Store, peer: PlainTextPeer, typed: Buffer): Promise<void> {
  const path = parsePath(typed)
  const body = await store.openBody(path, await digestAt(store, path))
  let block = 0
  await pourBody(body, {
    get closed() {
      return peer.closed
    },
    begin() {},
    async piece(opcode, bytes) {
      if (opcode === 'DIGESTS') return
      // Nobody compares anything here; but what is not what it should be is not given out as the file.
      const begin = block++ * digestBytes
      if (!blockDigest(bytes).equals(body.blockDigests.subarray(begin, begin + digestBytes))) throw rotten()
      await peer.write(bytes)
    },
  })
  await peer.end()
}

function rotten(): ConcurError {
  return new ConcurError('IO_ERROR', 'its bytes have rotted')
}

/** @throws ConcurError NOT_FOUND where no file is, IO_ERROR where it cannot be read or has rotted. */
async function digestAt(store: Store, path: FilePath): Promise<Digest> {
  const copy = await store.look(path, { deep: false })
  if (copy.is === 'file' && copy.rotten) throw rotten()
  if (copy.is === 'file') return copy.digest
  if (copy.is === 'unreadable') throw new ConcurError('IO_ERROR', copy.reason)
  throw new ConcurError('NOT_FOUND', 'no file is there')
}

function isNoFile(error: unknown): boolean {
  return error instanceof ConcurError && (error.code === 'NOT_FOUND' || error.code === 'BAD_PATH')
}
