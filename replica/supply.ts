/**
 * The bytes that this node has said it needs: checked block by block while they come, and durable in a stage before
 * the coordinator is told so. Clause: protocol/README.md "SUPPLY".
 */
import { blockCount, blockDigest, blockLength, fileDigest } from '../protocol/digest.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { StageId } from '../protocol/ids.ts'
import { blockBytes, digestBytes } from '../protocol/limits.ts'
import type { BodyOf, Message } from '../protocol/opcodes.ts'
import type { Change } from '../protocol/record.ts'
import type { Stream } from '../protocol/stream.ts'
import { fencedBecause } from './fenced-because.ts'
import type { Need, Needs } from './needs.ts'
import type { Stage, Store } from './store/store.ts'
import { diskRefusal } from './store/trouble.ts'

const writeBytesMax = 256 * 1024

type Announced = BodyOf<'SUPPLY'>

interface Answering {
  readonly stream: Stream
  readonly store: Store
  readonly following: { readonly needs: Needs }
}

export function onSupply(announced: Announced, { stream, store, following: { needs } }: Answering): void {
  try {
    const refusal = fencedBecause(store)
    if (refusal !== null) throw refusal
    const need = needs.of(announced.seq)
    if (need === null || need.isSupplied)
      throw new ConcurError('NOT_FOUND', `nothing is needed of record ${announced.seq}`)
    assertMeant(announced, need.entry.record.change)
    // What there is no room for takes none from others while that is found out.
    const full = store.room.refusal({ bytes: announced.size, files: 1 }, true)
    if (full !== null) throw full
    new Supply({ announced, need, needs, stream, store }).begin()
  } catch (error) {
    stream.fail(diskRefusal(error))
  }
}

/** @throws ConcurError BAD_DIGEST when it is another content than the record's. */
function assertMeant({ seq, size, digest }: Announced, change: Change): void {
  const isFile = change.type === 'put' || change.type === 'append'
  const isMeant = isFile
    ? change.digest === digest && change.size === size
    : change.type !== 'delete' || change.body.bytes === size
  if (!isMeant) throw new ConcurError('BAD_DIGEST', `record ${seq} needs another content`)
}

class Supply {
  private readonly announced: Announced
  private readonly need: Need
  private readonly needs: Needs
  private readonly stream: Stream
  private readonly removeStage: () => void
  private readonly stageId: StageId
  private readonly stage: Stage
  private readonly digests: Buffer
  private digestsHeld = 0
  private readonly block: Buffer
  private blockHeld = 0
  private blocksDone = 0
  private state: 'digests' | 'bytes' | 'ended' = 'digests'

  constructor(options: { announced: Announced; need: Need; needs: Needs; stream: Stream; store: Store }) {
    const { announced, store } = options
    this.announced = announced
    this.need = options.need
    this.needs = options.needs
    this.stream = options.stream
    this.digests = Buffer.alloc(blockCount(announced.size) * digestBytes)
    this.block = Buffer.alloc(Math.min(blockBytes, announced.size))
    this.stageId = supplyStage(announced.seq, this.needs.newSupply())
    this.removeStage = () => store.stages.remove(this.stageId)
    this.stage = store.stages.open(this.stageId)
    this.need.isSupplied = true
    this.stream.listen({
      onMessage: (message, fin, bodyBytes) => this.hear(message, fin, bodyBytes),
      onFailed: () => this.discard(),
    })
  }

  /** Of nothing the list of digests is whole. */
  begin(): void {
    try {
      if (this.digests.length === 0) this.checkDigests()
    } catch (error) {
      this.fail(error)
    }
  }

  private hear(message: Message, fin: boolean, bodyBytes: number): void {
    if (this.state === 'ended') return
    try {
      if (message.opcode === 'DIGESTS') this.takeDigests(message.body)
      else if (message.opcode === 'CHUNK') this.takeBytes(message.body)
      this.stream.consumed(bodyBytes)
      if (fin) this.finish().catch(error => this.fail(error))
    } catch (error) {
      this.fail(error)
    }
  }

  private takeDigests(bytes: Uint8Array): void {
    if (this.state !== 'digests' || bytes.length > this.digests.length - this.digestsHeld)
      throw new ConcurError('BAD_FRAME', 'more digests than the content has blocks')
    this.digests.set(bytes, this.digestsHeld)
    this.digestsHeld += bytes.length
    if (this.digestsHeld === this.digests.length) this.checkDigests()
  }

  private checkDigests(): void {
    const { size, digest } = this.announced
    if (fileDigest(size, this.digests) !== digest)
      throw new ConcurError('BAD_DIGEST', 'the digests of the blocks are not those of the content')
    this.state = 'bytes'
    const count = blockCount(size)
    this.stream.send('WANTED', { blocks: count === 0 ? [] : [{ first: 0, count }] })
  }

  private takeBytes(bytes: Uint8Array): void {
    if (this.state !== 'bytes') throw new ConcurError('BAD_FRAME', 'CHUNK before all digests are there')
    for (let at = 0; at < bytes.length; ) {
      if (this.blocksDone * digestBytes === this.digests.length)
        throw new ConcurError('BAD_FRAME', 'more bytes than were wanted')
      const length = blockLength(this.announced.size, this.blocksDone)
      const part = bytes.subarray(at, at + length - this.blockHeld)
      this.block.set(part, this.blockHeld)
      this.blockHeld += part.length
      at += part.length
      if (this.blockHeld === length) this.endBlock(length)
    }
  }

  private endBlock(length: number): void {
    const block = this.block.subarray(0, length)
    const at = this.blocksDone * digestBytes
    if (!blockDigest(block).equals(this.digests.subarray(at, at + digestBytes)))
      throw new ConcurError('BAD_DIGEST', `block ${this.blocksDone} is not what its digest says`)
    for (let from = 0; from < length; from += writeBytesMax)
      this.stage.write(block.subarray(from, Math.min(length, from + writeBytesMax)))
    this.blocksDone++
    this.blockHeld = 0
  }

  private async finish(): Promise<void> {
    if (this.state !== 'bytes' || this.stage.bytesWritten !== this.announced.size)
      throw new ConcurError('BAD_DIGEST', 'fewer bytes came than were wanted')
    this.state = 'ended'
    await this.stage.seal()
    // The link may be gone, and another may have begun to supply the same.
    if (this.needs.of(this.announced.seq) !== this.need) return this.removeStage()
    this.needs.give(this.announced.seq, { is: 'staged', stage: this.stageId })
    this.stream.send('WANTED', { blocks: [] }, true)
  }

  private fail(error: unknown): void {
    this.stream.fail(diskRefusal(error))
    this.discard(true)
  }

  private discard(isOver = this.state !== 'ended'): void {
    if (!isOver) return
    this.state = 'ended'
    this.stage.discard()
    this.need.isSupplied = false
  }
}

/** Two supplies of one record never write to the same file. */
function supplyStage(seq: number, supply: number): StageId {
  return `${supply.toString(16).padStart(16, '0')}${seq.toString(16).padStart(16, '0')}` as StageId
}
