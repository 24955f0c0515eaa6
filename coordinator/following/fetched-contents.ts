/**
 * Where a coordinator gets the bytes of records that it lacks, as after it took over a journal: from any replica that
 * holds the content now, at its path or where later records moved it.
 */
import { blockCount, type Digest, fileDigest } from '../../protocol/digest.ts'
import { ConcurError, type ErrorCode } from '../../protocol/errors.ts'
import { digestBytes } from '../../protocol/limits.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Change, JournalEntry } from '../../protocol/record.ts'
import type { BodySink } from '../../replica/store/body-sink.ts'
import type { ContentSource, Obtained, Stage, Store } from '../../replica/store/store.ts'
import type { Node } from '../node.ts'

/** What a node says that does not have the content. Anything else says nothing of it, and it is asked again later. */
const hasItNot: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'CHANGED', 'IO_ERROR', 'BAD_DIGEST'])

export interface FetchedContentsOptions {
  readonly store: Pick<Store, 'whereabouts' | 'newStageId' | 'stages'>
  /** The other nodes, in their order. */
  readonly nodes: readonly Node[]
}

/** A content, and the path at which the record leaves it. */
interface Made {
  readonly path: FilePath
  readonly digest: Digest
}

export class FetchedContents implements ContentSource {
  private readonly options: FetchedContentsOptions
  /** What was got last: it is not fetched again when its record has to be tried again. */
  private latest: { readonly seq: number; readonly obtained: Obtained & { is: 'staged' } } | null = null

  constructor(options: FetchedContentsOptions) {
    this.options = options
  }

  /** @throws ConcurError UNREACHABLE; DiskError of the own disk. */
  async obtain(entry: JournalEntry): Promise<Obtained> {
    const { change, seq } = entry.record
    const { stages } = this.options.store
    if (this.latest?.seq === seq && stages.has(this.latest.obtained.stage)) return this.latest.obtained
    const made = madeBy(change)
    if (made === null) return { is: 'lost', reason: 'has lost the list of what was deleted' }
    const obtained = await this.fetchFromAny(seq, made)
    if (obtained === null) return { is: 'lost', reason: 'never got the bytes, which no node has any more' }
    this.latest = { seq, obtained }
    return obtained
  }

  /** @returns null when every node was asked, and none has it. */
  private async fetchFromAny(
    seq: number,
    { path, digest }: Made,
  ): Promise<(Obtained & { is: 'staged' }) | null> {
    const { store, nodes } = this.options
    let unasked: ConcurError | null = null
    for await (const place of store.whereabouts({ seq, path })) {
      if (place.is !== 'in the tree') continue
      for (const node of nodes) {
        try {
          return await this.fetch(node, place.path, digest)
        } catch (error) {
          if (!(error instanceof ConcurError)) throw error
          if (!hasItNot.has(error.code)) unasked ??= error
        }
      }
    }
    if (unasked !== null) throw new ConcurError('UNREACHABLE', unasked.message, { cause: unasked })
    return null
  }

  /** @throws ConcurError what the node says, or is to blame for; what the own disk refuses as it comes. */
  private async fetch(node: Node, path: FilePath, digest: Digest): Promise<Obtained & { is: 'staged' }> {
    const { store } = this.options
    const id = store.newStageId()
    const stage = store.stages.open(id)
    const sink = new StageSink(stage, digest)
    try {
      await node.pour(path, digest, sink)
    } catch (error) {
      stage.discard()
      throw sink.diskFailure ?? error
    }
    const sealed = await stage.seal()
    if (sealed.digest === digest) return { is: 'staged', stage: id }
    store.stages.remove(id)
    throw new ConcurError('BAD_DIGEST', `${node.name} sent other bytes than those of ${path}`)
  }
}

/** @returns null for what no file of the tree is. */
function madeBy(change: Change): Made | null {
  if (change.type === 'put' || change.type === 'append') return change
  if (change.type !== 'rename') return null
  const digest = change.base ?? change.seen[0] ?? null
  return digest === null ? null : { path: change.to, digest }
}

/** Checks the list of block digests first, so that no byte of another content is kept for long. */
class StageSink implements BodySink {
  readonly closed = false
  /** What the own disk refused. */
  diskFailure: unknown = null
  private readonly stage: Stage
  private readonly digest: Digest
  private size = 0
  private digests: Buffer[] = []

  constructor(stage: Stage, digest: Digest) {
    this.stage = stage
    this.digest = digest
  }

  begin(size: number): void {
    this.size = size
  }

  async piece(opcode: 'DIGESTS' | 'CHUNK', bytes: Buffer): Promise<void> {
    if (opcode === 'CHUNK') return this.write(bytes)
    this.digests.push(Buffer.from(bytes))
    const list = Buffer.concat(this.digests)
    if (list.length === blockCount(this.size) * digestBytes && fileDigest(this.size, list) !== this.digest)
      throw new ConcurError('BAD_DIGEST', 'block digests that do not make the digest')
  }

  private write(bytes: Buffer): void {
    try {
      this.stage.write(bytes)
    } catch (error) {
      this.diskFailure = error
      throw error
    }
  }
}
