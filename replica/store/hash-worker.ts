/**
 * The worker thread that hashes: takes a piece of an open file, gives its block digests. It has the lowest claim
 * to the processor, and one buffer.
 */
import fs from 'node:fs'
import os from 'node:os'
import { parentPort } from 'node:worker_threads'
import { blockDigest, blockLength } from '../../protocol/digest.ts'
import { blockBytes, digestBytes } from '../../protocol/limits.ts'

/** Some blocks of a file of `size` bytes. */
export interface Piece {
  readonly id: number
  readonly fd: number
  readonly size: number
  readonly firstBlock: number
  readonly blocks: number
}

export type PieceAnswer =
  | { readonly id: number; readonly is: 'hashed'; readonly digests: Uint8Array<ArrayBuffer> }
  | { readonly id: number; readonly is: 'ended-early' }
  | { readonly id: number; readonly is: 'failed'; readonly errno: string }

const niceness = 10
const block = Buffer.allocUnsafeSlow(blockBytes)

function hashPiece({ id, fd, size, firstBlock, blocks }: Piece): PieceAnswer {
  const digests = new Uint8Array(blocks * digestBytes)
  for (let i = 0; i < blocks; i++) {
    const bytes = block.subarray(0, blockLength(size, firstBlock + i))
    if (!fill(bytes, fd, (firstBlock + i) * blockBytes)) return { id, is: 'ended-early' }
    digests.set(blockDigest(bytes), i * digestBytes)
  }
  return { id, is: 'hashed', digests }
}

/** @returns whether the file had so many bytes. */
function fill(bytes: Uint8Array, fd: number, position: number): boolean {
  let done = 0
  while (done < bytes.length) {
    const read = fs.readSync(fd, bytes, done, bytes.length - done, position + done)
    if (read === 0) return false
    done += read
  }
  return true
}

function answer(piece: Piece): PieceAnswer {
  try {
    return hashPiece(piece)
  } catch (error) {
    return { id: piece.id, is: 'failed', errno: (error as NodeJS.ErrnoException).code ?? 'unknown' }
  }
}

/** Threads have priorities of their own on Linux; `/proc/thread-self` is `PID/task/TID`. */
function yieldToOthers(): void {
  const thread = Number(fs.readlinkSync('/proc/thread-self').split('/').at(-1))
  os.setPriority(thread, niceness)
}

const port = parentPort!
yieldToOthers()
port.on('message', (piece: Piece) => {
  const answered = answer(piece)
  port.postMessage(answered, answered.is === 'hashed' ? [answered.digests.buffer] : [])
})
