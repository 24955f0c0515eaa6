/**
 * Where a coordinator gets the bytes of records that it lacks, as after it took over a journal: from any replica that
 * holds the content now, at its path or where later records moved it.
 */
import { blockCount, type Digest, fileDigest } from '../../protocol/digest.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import { digestBytes } from '../../protocol/limits.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { JournalEntry } from '../../protocol/record.ts'
import type { BodySink } from '../../replica/store/body-sink.ts'
import type { ContentSource, Obtained, Stage, Store } from '../../replica/store/store.ts'
import { diskRefusal } from '../../replica/store/trouble.ts'
import type { Node } from '../node.ts'

export interface FetchedContentsOptions {
  readonly store: Store
  /** The other nodes, in their order. */
  readonly nodes: readonly Node[]
}

export class FetchedContents implements ContentSource {
  private readonly options: FetchedContentsOptions

  constructor(options: FetchedContentsOptions) {
    this.options = options
  }

  async obtain(entry: JournalEntry): Promise<Obtained> {
    const { change, seq } = entry.record
    if (change.type !== 'put' && change.type !== 'append')
      return { is: 'lost', reason: 'has lost the list of what was deleted' }
    const { store, nodes } = this.options
    let unreachable: ConcurError | null = null
    for await (const place of store.whereabouts({ seq, path: change.path })) {
      if (place.is !== 'in the tree') continue
      for (const node of nodes) {
        try {
          return await this.fetch(node, place.path, change.digest)
        } catch (error) {
          const known = asConcurError(error)
          if (known.code === 'UNREACHABLE' || known.code === 'TIMEOUT') unreachable ??= known
          else if (!['NOT_FOUND', 'CHANGED', 'IO_ERROR', 'BAD_DIGEST'].includes(known.code)) throw error
        }
      }
    }
    if (unreachable !== null)
      throw new ConcurError('UNREACHABLE', unreachable.message, { cause: unreachable })
    return { is: 'lost', reason: 'never got the bytes, which no node has any more' }
  }

  private async fetch(node: Node, path: FilePath, digest: Digest): Promise<Obtained> {
    const { store } = this.options
    const id = store.newStageId()
    const stage = store.stages.open(id)
    try {
      await node.pour(path, digest, new StageSink(stage, digest))
      const sealed = await stage.seal()
      if (sealed.digest === digest) return { is: 'staged', stage: id }
    } catch (error) {
      stage.discard()
      throw diskRefusal(error)
    }
    store.stages.remove(id)
    throw new ConcurError('BAD_DIGEST', `${node.name} sent other bytes than those of ${path}`)
  }
}

/** Checks the list of block digests first, so that no byte of another content is kept for long. */
class StageSink implements BodySink {
  readonly closed = false
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
    if (opcode === 'CHUNK') return this.stage.write(bytes)
    this.digests.push(Buffer.from(bytes))
    const list = Buffer.concat(this.digests)
    if (list.length === blockCount(this.size) * digestBytes && fileDigest(this.size, list) !== this.digest)
      throw new ConcurError('BAD_DIGEST', 'block digests that do not make the digest')
  }
}
