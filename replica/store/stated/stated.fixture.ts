/** For the tests of stated trees: a node whose journal moved on, and what becomes of another one that is told what paths are. */
import { blocksIn } from '../../../protocol/block-ranges.ts'
import type { StageId } from '../../../protocol/ids.ts'
import { wholeTree } from '../../../protocol/path.ts'
import type { JournalEntry } from '../../../protocol/record.ts'
import type { StatedPosition } from '../../../protocol/state-messages.ts'
import { bucketsToCompare } from '../../../protocol/tree-sum.ts'
import type { PathIndex } from '../path-index.ts'
import type { ContentSource, Gathering, OpenBody, Store } from '../store.ts'
import { contentEntry } from './stated-row.ts'

/** Everything that `from` states to `to`, as it would come over a link. */
export async function restate(from: Store, to: Store): Promise<StatedPosition> {
  const tree = from.stateTree()
  const taking = await to.beginStated()
  try {
    const buckets = bucketsToCompare([await tree.sum(), await to.sumPaths()])
    for await (const rows of tree.rows(buckets)) taking.take({ rows, isLater: false })
    const { rows, position } = await tree.finish()
    for (const page of rows) taking.take({ rows: page, isLater: true })
    await taking.finish(position)
    return position
  } finally {
    tree.end()
    taking.discard()
  }
}

/** Gives `to` what it needs from `from`, block by block. */
export function contentsOf(from: Store, to: Store): ContentSource {
  return {
    async obtain(entry: JournalEntry, stated) {
      if (stated === undefined) throw new Error('a record needs bytes')
      const body = await from.openContent(contentEntry(stated))
      try {
        const { size, digest } = stated
        const announced = { size, digest, blockDigests: body.blockDigests }
        const gathering = await to.gather(entry, announced, () => true)
        return { is: 'staged', stage: await filled(gathering, body) }
      } finally {
        body.close()
      }
    },
  }
}

async function filled(gathering: Gathering, body: OpenBody): Promise<StageId> {
  try {
    const missing = gathering.missing(1000)
    const indexes = blocksIn(missing)
    for await (const block of body.pieces(missing)) await gathering.take(indexes.next().value!, block)
    return await gathering.seal()
  } catch (error) {
    gathering.giveUp(error)
    throw error
  }
}

/** @returns what an index says of every path, in the order of paths. */
export async function rowsOf(paths: PathIndex): Promise<(readonly [string, unknown])[]> {
  const rows: (readonly [string, unknown])[] = []
  for await (const piece of paths.below(wholeTree)) rows.push(...piece)
  return rows.sort(([a], [b]) => (a < b ? -1 : 1))
}
