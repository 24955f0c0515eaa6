/** Takes the bytes of a record that this node lacked, block by block, each held against its digest. Clause: protocol/README.md "SUPPLY". */

import { blockCount, blockDigest, blockLength, fileDigest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { blockBytes, digestBytes } from '../../protocol/limits.ts'
import type { BodyOf, Message } from '../../protocol/opcodes.ts'
import type { Change } from '../../protocol/record.ts'
import type { Stream } from '../../protocol/stream.ts'
import type { Obtained, Stage, Store } from '../store/store.ts'
import { diskRefusal } from '../store/trouble.ts'

/** @returns null, or BAD_DIGEST for bytes that are not those of the record. */
export function mismatchOf({ seq, size, digest }: BodyOf<'SUPPLY'>, change: Change): ConcurError | null {
  const expected =
    change.type === 'put' || change.type === 'append'
      ? { size: change.size, digest: change.digest }
      : { size: change.type === 'delete' ? change.body.bytes : size, digest }
  if (size === expected.size && digest === expected.digest) return null
  return new ConcurError('BAD_DIGEST', `not the bytes of record ${seq}`)
}

/** @returns the stage that has them, durable. @throws ConcurError BAD_DIGEST, BAD_FRAME, NO_SPACE, IO_ERROR, UNREACHABLE. */
export function receiveSupply(request: BodyOf<'SUPPLY'>, stream: Stream, store: Store): Promise<Obtained> {
  return new Promise((resolve, reject) => {
    const id = store.newStageId()
    let isOver = false
    let supplied: Supplied | null = null
    const fail = (error: unknown): void => {
      isOver = true
      supplied?.discard()
      reject(diskRefusal(error))
    }
    const finish = async (from: Supplied): Promise<void> => {
      await from.finish()
      if (isOver) return store.stages.remove(id)
      stream.send('WANTED', { blocks: [] }, true)
      resolve({ is: 'staged', stage: id })
    }
    const attempt = (act: () => void): void => {
      try {
        act()
      } catch (error) {
        fail(error)
      }
    }
    attempt(() => {
      supplied = new Supplied({ request, stream, stage: store.stages.open(id) })
      supplied.begin()
    })
    stream.listen({
      onMessage: (message, fin, bodyBytes) =>
        attempt(() => {
          if (isOver || supplied === null) return
          supplied.take(message)
          stream.consumed(bodyBytes)
          if (fin) finish(supplied).catch(fail)
        }),
      onFailed: fail,
    })
  })
}

class Supplied {
  private readonly request: BodyOf<'SUPPLY'>
  private readonly stream: Stream
  private readonly stage: Stage
  private readonly digests: Buffer[] = []
  private digestBytesLeft: number
  private blockDigests: Buffer | null = null
  private readonly block: Buffer
  private inBlock = 0
  private index = 0

  constructor(options: { request: BodyOf<'SUPPLY'>; stream: Stream; stage: Stage }) {
    const { request } = options
    this.request = request
    this.stream = options.stream
    this.stage = options.stage
    this.digestBytesLeft = blockCount(request.size) * digestBytes
    this.block = Buffer.allocUnsafe(Math.min(blockBytes, request.size))
  }

  /** Of nothing the list of digests is whole. @throws ConcurError BAD_DIGEST. */
  begin(): void {
    if (this.digestBytesLeft === 0) this.wantAll()
  }

  /** @throws ConcurError. */
  take(message: Message): void {
    if (message.opcode === 'DIGESTS') this.takeDigests(message.body)
    else if (message.opcode === 'CHUNK') this.takeBytes(message.body)
  }

  /** Returns when all of it is durable. @throws ConcurError BAD_FRAME, DiskError. */
  async finish(): Promise<void> {
    if (this.blockDigests === null || this.index < blockCount(this.request.size))
      throw new ConcurError('BAD_FRAME', 'bytes that end too early')
    await this.stage.seal()
  }

  discard(): void {
    this.stage.discard()
  }

  private takeDigests(bytes: Uint8Array): void {
    this.digestBytesLeft -= bytes.length
    if (this.digestBytesLeft < 0 || this.blockDigests !== null)
      throw new ConcurError('BAD_FRAME', 'DIGESTS that the size leaves no room for')
    this.digests.push(Buffer.from(bytes))
    if (this.digestBytesLeft === 0) this.wantAll()
  }

  private wantAll(): void {
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
