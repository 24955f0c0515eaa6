/** A coordinator of a test's making that supplies one record, as slowly and as far as the test lets it. */
import type { Answer, RawPeer } from '../fixtures/raw-peer.ts'
import { blocksIn } from '../protocol/block-ranges.ts'
import { digestOf } from '../protocol/digest.ts'
import { blockBytes } from '../protocol/limits.ts'
import type { BodyOf } from '../protocol/opcodes.ts'

/** Its content in pieces that end anywhere. */
const pieceBytes = 100_000

export class Supplying {
  readonly answer: Answer
  readonly content: Buffer

  /** Asks SUPPLY; `said` differs from the truth. */
  constructor(peer: RawPeer, seq: number, content: Buffer, said: Partial<BodyOf<'SUPPLY'>> = {}) {
    const { digest } = digestOf(content)
    this.content = content
    this.answer = peer.ask('SUPPLY', { seq, size: content.length, digest, ...said }, { more: true })
  }

  sendDigests(): void {
    const { blockDigests } = digestOf(this.content)
    if (blockDigests.length > 0) void this.answer.stream.sendPiece('DIGESTS', blockDigests)
  }

  /** @returns the blocks that the replica wants, when it has said so. */
  async wanted(): Promise<number[]> {
    const { answer } = this
    await answer.until(({ error }) => error !== null || answer.all('WANTED').length > 0, 'WANTED')
    if (answer.error !== null) throw answer.error
    return [...blocksIn(answer.all('WANTED')[0]!.blocks)]
  }

  sendBlocks(blocks: readonly number[], { fin = true } = {}): void {
    const bytes = Buffer.concat(
      blocks.map(index => this.content.subarray(index * blockBytes, (index + 1) * blockBytes)),
    )
    const { stream } = this.answer
    if (bytes.length === 0) void stream.sendPiece('CHUNK', bytes, fin)
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const isLast = at + pieceBytes >= bytes.length
      void stream.sendPiece('CHUNK', bytes.subarray(at, at + pieceBytes), fin && isLast)
    }
  }

  /** Sends all that is wanted. @returns which blocks that were, when the replica has them durably. */
  async all(): Promise<number[]> {
    this.sendDigests()
    const wanted = await this.wanted()
    this.sendBlocks(wanted)
    const { error } = await this.answer.ended()
    if (error !== null) throw error
    return wanted
  }
}
