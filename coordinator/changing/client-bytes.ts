/** Takes what follows a CHANGE from the client's stream and gives it to who works on it, one piece after the other. */

import { BufferPool } from '../../protocol/buffer-pool.ts'
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import {
  chunkBytesMax,
  fileBytesMax,
  inlineBytesMax,
  streamCreditBytes,
  uploadWithinMsMax,
} from '../../protocol/limits.ts'
import type { Message } from '../../protocol/opcodes.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Cancel, Timers } from '../../protocol/world.ts'
import type { Incoming, Received } from './incoming.ts'

/**
 * @param announced how many bytes the client said would come; null: it did not know.
 * @returns when all bytes are where they belong.
 * @throws ConcurError BAD_DIGEST, TOO_LARGE, NO_SPACE, IO_ERROR; TIMEOUT when nothing comes; UNREACHABLE when the client is gone: `incoming` has to be
 *   discarded.
 */
export function receive(
  stream: Stream,
  incoming: Incoming,
  announced: number | null,
  timers: Timers,
): Promise<Received> {
  if (announced !== null && announced > fileBytesMax)
    return Promise.reject(new ConcurError('TOO_LARGE', 'a file has at most 1 TiB'))
  let callOff: Cancel = () => {}
  const received = new Promise<Received>((resolve, reject) => {
    /** It is not the client's doing where what has come waits for a disk. */
    const watch = (before: number): void => {
      callOff = timers.after(uploadWithinMsMax, () => {
        if (came === before && taken === came)
          reject(new ConcurError('TIMEOUT', `nothing came for ${uploadWithinMsMax / 60_000} minutes`))
        else watch(came)
      })
    }
    const pieces = new Pieces()
    let work: Promise<void> = Promise.resolve()
    let came = 0
    let taken = 0
    const end = async (said: { size: number; digest: Digest }): Promise<void> => {
      if (announced !== null && said.size !== announced)
        throw new ConcurError('BAD_DIGEST', `${said.size} bytes came where ${announced} were announced`)
      resolve(await incoming.finish(said.size, said.digest))
    }
    const onMessage = (message: Message, _fin: boolean, bodyBytes: number): void => {
      if (message.opcode === 'CHUNK') {
        const bytes = pieces.of(message.body)
        came += bytes.length
        if (announced !== null && came > announced)
          return reject(
            new ConcurError('BAD_DIGEST', `more bytes came than the ${announced} that were announced`),
          )
        work = work
          .then(() => incoming.take(bytes))
          .then(isFree => {
            taken += bytes.length
            if (isFree) pieces.give(bytes)
            stream.consumed(bodyBytes)
          })
      } else if (message.opcode === 'SEAL') {
        const said = message.body
        work = work.then(() => end(said))
      }
      work.catch(reject)
    }
    stream.listen({ onMessage, onFailed: error => reject(error) })
    watch(0)
  })
  return received.finally(() => callOff())
}

/** Pieces of one upload: long ones lie in a few buffers that are used again, and are not kept once they were taken. */
class Pieces {
  private readonly pool = new BufferPool({
    bufferBytes: chunkBytesMax,
    keepMax: streamCreditBytes / chunkBytesMax,
  })

  /** @returns a copy of `body`. */
  of(body: Uint8Array): Buffer {
    if (body.length <= inlineBytesMax) return Buffer.from(body)
    const piece = this.pool.take().subarray(0, body.length)
    piece.set(body)
    return piece
  }

  /** `piece` was one of these, and nobody has it any more. */
  give(piece: Buffer): void {
    if (piece.length > inlineBytesMax) this.pool.give(Buffer.from(piece.buffer, 0, chunkBytesMax))
  }
}
