/**
 * Where a coordinator gets the bytes of records that it lacks, as after it took over a journal: from any replica that
 * holds the content now, at its path or where it was before or where later records moved it: only blocks that are not here
 * are fetched then, and what came before something broke off is fetched no second time. Else from a replica that has it
 * staged, in history or in its journal, which sends it whole.
 */
import type { Digest } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import { fetchRangesMax } from '../../protocol/limits.ts'
import type { FilePath } from '../../protocol/path.ts'
import type { Change, JournalEntry } from '../../protocol/record.ts'
import type { Announced, ContentSource, Obtained, Store } from '../../replica/store/store.ts'
import type { Node } from '../node.ts'
import { NodeTries } from '../node-tries.ts'
import { BlocksSink, ListSink, WholeSink } from './fetched-blocks.ts'

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
    const tries = new NodeTries()
    for await (const place of this.options.store.whereabouts({ ...wanted, seq })) {
      if (place.is !== 'in the tree') continue
      for (const node of this.options.nodes) {
        const obtained = await tries.of(() => this.fetch(entry, node, place.path, wanted.digest))
        if (obtained !== null) return obtained
      }
    }
    for (const node of this.options.nodes) {
      const obtained = await tries.of(() => this.recall(entry, node, wanted))
      if (obtained !== null) return obtained
    }
    const { unreachable } = tries
    if (unreachable === null) return lost
    throw new ConcurError('UNREACHABLE', unreachable.message, { cause: unreachable })
  }

  private async recall(entry: JournalEntry, node: Node, { path, digest, size }: Wanted): Promise<Obtained> {
    const begin = (announced: Announced) => this.options.store.gather(entry, announced, () => true)
    const whole = new WholeSink(digest, begin)
    try {
      await node.recall({ path, at: entry.record.seq, digest, size }, whole)
      return { is: 'staged', stage: await whole.seal() }
    } catch (error) {
      whole.giveUp(error)
      throw error
    }
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

interface Wanted {
  readonly path: FilePath
  readonly from: FilePath | null
  readonly digest: Digest
  readonly size: number | null
}

/** @returns the content that a record makes, and where; null: that is not known. */
function wantedBy(change: Change): Wanted | null {
  if (change.type === 'put' || change.type === 'append')
    return { path: change.path, from: null, digest: change.digest, size: change.size }
  if (change.type !== 'rename') return null
  const { from, to, base, seen } = change
  const digest = base ?? seen[0] ?? null
  return digest === null ? null : { path: to, from, digest, size: null }
}
