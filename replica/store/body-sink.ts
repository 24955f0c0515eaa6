/**
 * Where the content of a file goes: its size, the list of its block digests, its bytes. A sink that is closed wants
 * no more, and whoever pours stops. Clause: protocol/README.md "Bodies".
 */
import { assertRanges, type BlockRange } from '../../protocol/block-ranges.ts'
import { blockCount } from '../../protocol/digest.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { OpenBody } from './store.ts'

export interface BodySink {
  /** Nobody wants what is still to come. */
  readonly closed: boolean
  begin(size: number): void
  /**
   * Pieces may be given without awaiting the one before.
   * @returns when `bytes` may be used again. Rejects when what came cannot be used: pour no more.
   */
  piece(opcode: 'DIGESTS' | 'CHUNK', bytes: Buffer): Promise<void>
}

/** A sink that sends a body on a stream, as version `version` of its answer. */
export function streamSink(stream: Stream, version: number): BodySink {
  return {
    get closed() {
      return stream.ended
    },
    begin(size) {
      void stream.sendFlow('BODY', { version, size })
    },
    piece: (opcode, bytes) => stream.sendPiece(opcode, bytes),
  }
}

/** Ends an answer whose last body was poured. */
export function finishBodies(stream: Stream): void {
  void stream.sendPiece('CHUNK', Buffer.alloc(0), true)
}

/**
 * Pours an opened file, or these blocks of it, into a sink and closes it.
 * @throws ConcurError CHANGED when it changes under the reading, BAD_FRAME for blocks that it has not.
 */
export async function pourBody(
  body: OpenBody,
  sink: BodySink,
  ranges: readonly BlockRange[] | null = null,
): Promise<void> {
  try {
    if (ranges !== null) assertRanges(ranges, blockCount(body.size))
    sink.begin(body.size)
    if (body.size > 0) await sink.piece('DIGESTS', body.blockDigests)
    for await (const block of body.pieces(ranges ?? undefined)) {
      if (sink.closed) return
      await sink.piece('CHUNK', block)
    }
  } finally {
    body.close()
  }
}
