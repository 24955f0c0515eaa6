/** Takes the bytes of a record that this node lacked, block by block, each held against its digest. Clause: protocol/README.md "SUPPLY". */

import { blockCount, blockDigest, blockLength, fileDigest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { StageId } from '../../protocol/ids.ts'
import { blockBytes, digestBytes } from '../../protocol/limits.ts'
import type { BodyOf, Message } from '../../protocol/opcodes.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Obtained, Stage, Store } from '../store/store.ts'
import { diskRefusal } from '../store/trouble.ts'

/** @returns the stage that has them, durable. @throws ConcurError BAD_DIGEST, BAD_FRAME, NO_SPACE, IO_ERROR, UNREACHABLE. */
export function receiveSupply(request: BodyOf<'SUPPLY'>, stream: Stream, store: Store): Promise<Obtained> {
  return new Promise((resolve, reject) => {
    let supplied: Supplied | null = null
    const fail = (error: unknown): void => {
      supplied?.discard()
      reject(diskRefusal(error))
    }
    try {
      supplied = new Supplied(request, stream, store)
    } catch (error) {
      return fail(error)
    }
    stream.listen({
      onMessage: (message, fin, bodyBytes) => {
        try {
          supplied.take(message)
          stream.consumed(bodyBytes)
          if (fin) supplied.finish().then(resolve, fail)
        } catch (error) {
          fail(error)
        }
      },
      onFailed: fail,
    })
  })
}

class Supplied {
  private readonly request: BodyOf<'SUPPLY'>
  private readonly stream: Stream
  private readonly id: StageId
  private readonly stage: Stage
  private readonly digests: Buffer[] = []
  private digestBytesLeft: number
  private blockDigests: Buffer | null = null
  private block: Buffer
  private inBlock = 0
  private index = 0

  constructor(request: BodyOf<'SUPPLY'>, stream: Stream, store: Store) {
    this.request = request
    this.stream = stream
    this.id = store.newStageId()
    this.digestBytesLeft = blockCount(request.size) * digestBytes
    this.block = Buffer.allocUnsafe(Math.min(blockBytes, request.size))
    this.stage = store.stages.open(this.id)
    this.wantAll()
  }

  /** @throws ConcurError. */
  take(message: Message): void {
    if (message.opcode === 'DIGESTS') {
      this.digestBytesLeft -= message.body.length
      if (this.digestBytesLeft < 0 || this.blockDigests !== null)
        throw new ConcurError('BAD_FRAME', 'DIGESTS that the size leaves no room for')
      this.digests.push(Buffer.from(message.body))
      this.wantAll()
    } else if (message.opcode === 'CHUNK') {
      this.takeBytes(message.body)
    }
  }

  /** @returns the stage, durable; the supplier is told. @throws ConcurError. */
  async finish(): Promise<Obtained> {
    if (this.blockDigests === null || this.index < blockCount(this.request.size))
      throw new ConcurError('BAD_FRAME', 'bytes that end too early')
    await this.stage.seal()
    this.stream.send('WANTED', { blocks: [] }, true)
    return { is: 'staged', stage: this.id }
  }

  discard(): void {
    this.stage.discard()
  }

  /** Once the list is whole. */
  private wantAll(): void {
    if (this.digestBytesLeft > 0) return
    const { size, digest } = this.request
    const blockDigests = Buffer.concat(this.digests)
    if (fileDigest(size, blockDigests) !== digest)
      throw new ConcurError('BAD_DIGEST', 'block digests that do not make the digest')
    this.blockDigests = blockDigests
    const count = blockCount(size)
    this.stream.send('WANTED', { blocks: count === 0 ? [] : [{ first: 0, count }] })
  }

  private takeBytes(bytes: Uint8Array): void {
    if (this.blockDigests === null) throw new ConcurError('BAD_FRAME', 'CHUNK before the digests are whole')
    for (let at = 0; at < bytes.length; ) {
      if (this.index >= blockCount(this.request.size))
        throw new ConcurError('BAD_FRAME', 'more bytes than the size says')
      const part = bytes.subarray(at, at + blockLength(this.request.size, this.index) - this.inBlock)
      this.block.set(part, this.inBlock)
      this.inBlock += part.length
      at += part.length
      if (this.inBlock === blockLength(this.request.size, this.index)) this.endBlock()
    }
  }

  private endBlock(): void {
    const bytes = this.block.subarray(0, this.inBlock)
    const place = this.index * digestBytes
    if (!blockDigest(bytes).equals(this.blockDigests!.subarray(place, place + digestBytes)))
      throw new ConcurError('BAD_DIGEST', `block ${this.index} is not what its digest says`)
    this.stage.write(bytes)
    this.index++
    this.inBlock = 0
  }
}
