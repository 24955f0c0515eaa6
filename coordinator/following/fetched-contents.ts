/**
 * Where a coordinator gets the bytes of records that it lacks, as after it took over a journal: from any replica that
 * holds the content now, at its path or where it was before or where later records moved it. Only blocks that are not here are fetched, and what
 * came before something broke off is fetched no second time.
 */
import type { Digest } from '../../protocol/digest.ts'
import { asConcurError, ConcurError } from '../../protocol/errors.ts'
import { fetchRangesMax } from '../../protocol/limits.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Change, JournalEntry } from '../../protocol/record.ts'
import { DiskError } from '../../replica/store/disk.ts'
import type { ContentSource, Obtained, Store } from '../../replica/store/store.ts'
import type { Node } from '../node.ts'
import { BlocksSink, ListSink } from './fetched-blocks.ts'

/** What another node may do better. */
const ofOneNode = new Set(['NOT_FOUND', 'CHANGED', 'IO_ERROR', 'BAD_DIGEST'])

const lost: Obtained = { is: 'lost', reason: 'never got the bytes, which no node has any more' }

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

  /** @throws DiskError of this node's disk. */
  async obtain(entry: JournalEntry): Promise<Obtained> {
    const { seq, change } = entry.record
    if (change.type === 'delete') return { is: 'lost', reason: 'has lost the list of what was deleted' }
    const wanted = wantedBy(change)
    if (wanted === null) return lost
    let unreachable: ConcurError | null = null
    for await (const place of this.options.store.whereabouts({ ...wanted, seq })) {
      if (place.is !== 'in the tree') continue
      for (const node of this.options.nodes) {
        try {
          return await this.fetch(entry, node, place.path, wanted.digest)
        } catch (error) {
          if (error instanceof DiskError) throw error
          const known = asConcurError(error)
          if (known.code === 'UNREACHABLE' || known.code === 'TIMEOUT') unreachable ??= known
          else if (!ofOneNode.has(known.code)) throw error
        }
      }
    }
    if (unreachable !== null)
      throw new ConcurError('UNREACHABLE', unreachable.message, { cause: unreachable })
    return lost
  }

  private async fetch(entry: JournalEntry, node: Node, path: FilePath, digest: Digest): Promise<Obtained> {
    const list = new ListSink(digest)
    await node.pour(path, digest, list, [])
    const announced = list.announced()
    const gathering = await this.options.store.gather(entry, announced, () => true)
    try {
      const missing = gathering.missing(Number.POSITIVE_INFINITY)
      for (let at = 0; at < missing.length; at += fetchRangesMax) {
        const ranges = missing.slice(at, at + fetchRangesMax)
        await node.pour(path, digest, new BlocksSink(gathering, announced.size, ranges), ranges)
      }
      return { is: 'staged', stage: await gathering.seal() }
    } catch (error) {
      gathering.giveUp(error)
      throw error
    }
  }
}

/** @returns the content that a record makes, and where; null: that is not known. */
function wantedBy(change: Change): { path: FilePath; from: FilePath | null; digest: Digest } | null {
  if (change.type === 'put' || change.type === 'append')
    return { path: change.path, from: null, digest: change.digest }
  if (change.type !== 'rename') return null
  const { from, to, base, seen } = change
  const digest = base ?? seen[0] ?? null
  return digest === null ? null : { path: to, from, digest }
}
