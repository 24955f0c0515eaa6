/**
 * The bytes that this node has said it needs: what it finds on its own disk is not asked for, what comes is checked block
 * by block, and all of it is durable in a stage before the coordinator is told so. Blocks that have come outlive their
 * stream. Clause: protocol/README.md "SUPPLY".
 */
import { blockCount, fileDigest } from '../protocol/digest.ts'
import { ConcurError } from '../protocol/errors.ts'
import { digestBytes, wantedRangesMax } from '../protocol/limits.ts'
import type { BodyOf, Message } from '../protocol/opcodes.ts'
import type { ProgressReports } from '../protocol/progress-reports.ts'
import type { Change } from '../protocol/record.ts'
import type { Stream } from '../protocol/stream.ts'
import { fencedBecause } from './fenced-because.ts'
import type { Need, Needs } from './needs.ts'
import { BlockIntake } from './store/block-intake.ts'
import type { Gathering, Store } from './store/store.ts'
import { diskRefusal } from './store/trouble.ts'

type Announced = BodyOf<'SUPPLY'>

interface Answering {
  readonly stream: Stream
  readonly store: Store
  readonly reports: ProgressReports
  readonly following: { readonly needs: Needs }
}

export function onSupply(announced: Announced, answering: Answering): void {
  const { stream, store, following } = answering
  try {
    const refusal = fencedBecause(store)
    if (refusal !== null) throw refusal
    const need = following.needs.of(announced.seq)
    if (need === null || need.onOver !== null)
      throw new ConcurError('NOT_FOUND', `nothing is needed of record ${announced.seq}`)
    assertMeant(announced, need.entry.record.change)
    new Supply(announced, need, answering).begin()
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

/** What of a supply is under way. */
type State =
  | { readonly is: 'digests' | 'looking' | 'sealing' | 'ended' }
  | { readonly is: 'bytes'; readonly gathering: Gathering; readonly intake: BlockIntake }

class Supply {
  private readonly announced: Announced
  private readonly need: Need
  private readonly answering: Answering
  private readonly digests: Buffer
  private digestsHeld = 0
  private state: State = { is: 'digests' }
  private readonly onOver = (): void =>
    this.fail(new ConcurError('NOT_FOUND', `nothing is needed of record ${this.announced.seq} any more`))

  constructor(announced: Announced, need: Need, answering: Answering) {
    this.announced = announced
    this.need = need
    this.answering = answering
    this.digests = Buffer.alloc(blockCount(announced.size) * digestBytes)
    need.onOver = this.onOver
    answering.stream.listen({
      onMessage: (message, fin, bodyBytes) => this.hear(message, fin, bodyBytes),
      onFailed: error => this.end(error),
    })
  }

  /** Of nothing the list of digests is whole. */
  begin(): void {
    if (this.digests.length === 0) this.look()
  }

  private hear(message: Message, fin: boolean, bodyBytes: number): void {
    if (this.state.is === 'ended') return
    const taken =
      message.opcode === 'CHUNK'
        ? this.takeBytes(message.body, fin)
        : this.takeDigests(message.body as Buffer)
    taken.then(
      () => this.answering.stream.consumed(bodyBytes),
      error => this.fail(error),
    )
  }

  private async takeDigests(bytes: Uint8Array): Promise<void> {
    if (this.state.is !== 'digests' || bytes.length > this.digests.length - this.digestsHeld)
      throw new ConcurError('BAD_FRAME', 'more digests than the content has blocks')
    this.digests.set(bytes, this.digestsHeld)
    this.digestsHeld += bytes.length
    if (this.digestsHeld === this.digests.length) this.look()
  }

  private look(): void {
    const { size, digest } = this.announced
    if (fileDigest(size, this.digests) !== digest)
      return this.fail(
        new ConcurError('BAD_DIGEST', 'the digests of the blocks are not those of the content'),
      )
    this.state = { is: 'looking' }
    this.gather().catch(error => this.fail(error))
  }

  private async gather(): Promise<void> {
    const { store, stream, reports } = this.answering
    const { size, digest } = this.announced
    const content = { size, digest, blockDigests: this.digests }
    const isWanted = (): boolean => this.state.is === 'looking'
    const report = reports.begin(stream)
    const gathering = await store.gather(this.need.entry, content, isWanted).finally(() => report.end())
    if (!isWanted()) return gathering.giveUp(null)
    const ranges = gathering.missing(wantedRangesMax)
    const intake = new BlockIntake({
      size,
      ranges,
      onBlock: async (index, block) => {
        if (await gathering.take(index, block)) return
        throw new ConcurError('BAD_DIGEST', `block ${index} is not what its digest says`)
      },
    })
    this.state = { is: 'bytes', gathering, intake }
    stream.send('WANTED', { blocks: ranges })
  }

  private async takeBytes(bytes: Uint8Array, isLast: boolean): Promise<void> {
    if (this.state.is !== 'bytes')
      throw new ConcurError('BAD_FRAME', 'CHUNK before it was said which blocks are wanted')
    await this.state.intake.add(bytes)
    if (isLast) await this.seal()
  }

  private async seal(): Promise<void> {
    // It ended meanwhile.
    if (this.state.is !== 'bytes') return
    const { gathering, intake } = this.state
    if (!intake.isWhole) throw new ConcurError('BAD_DIGEST', 'fewer bytes came than were wanted')
    this.state = { is: 'sealing' }
    try {
      await this.sealed(gathering)
    } catch (error) {
      gathering.giveUp(error)
      throw error
    }
  }

  private async sealed(gathering: Gathering): Promise<void> {
    const { stream, reports, following } = this.answering
    const { seq } = this.announced
    const report = reports.begin(stream)
    const stage = await gathering.seal().finally(() => report.end())
    // It may not be needed any more, or be needed of another link.
    if (following.needs.of(seq) !== this.need) return
    this.end(null)
    following.needs.give(seq, { is: 'staged', stage })
    stream.send('WANTED', { blocks: [] }, true)
  }

  private fail(error: unknown): void {
    if (this.state.is === 'ended') return
    this.end(error)
    this.answering.stream.fail(diskRefusal(error))
  }

  private end(because: unknown): void {
    if (this.state.is === 'bytes') this.state.gathering.giveUp(because)
    this.state = { is: 'ended' }
    if (this.need.onOver === this.onOver) this.need.onOver = null
  }
}
