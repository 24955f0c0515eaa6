/**
 * The row of each path in a listing: how its copies compare. Sizes and types are compared first, then the digests that
 * are known; what is left is hashed. Where copies deviate while changes are under way, all nodes are asked again as for a
 * read: a copy that is a moment late is no difference, and one that is only behind is told as that.
 * Clause: protocol/README.md "LIST".
 */
import type { Copy } from '../protocol/copies.ts'
import type { Progress, Row } from '../protocol/messages.ts'
import type { FilePath } from '../protocol/path.ts'
import type { NodeAnswer } from '../protocol/verdict.ts'
import type { Standing } from './compare.ts'
import { type Held, markOf, needDigests } from './mark.ts'
import type { MergedEntry } from './merge-walks.ts'
import type { Node } from './node.ts'
import { onlyBehind } from './only-behind.ts'

/** How often nodes are asked again for one path. */
const roundsMax = 2

/** What is known of changes that are under way. */
export interface Motion extends Pick<Standing, 'settledSeqFor' | 'lags'> {
  /** The record up to which every node that is told them has settled all there are; null: some has not yet. */
  restingSeq(): number | null
}

/** Of what has a path: what has an escaped name nobody can be asked for. */
type PathEntry = Extract<MergedEntry, { escaped: false }>

export interface ComparedRowsOptions {
  readonly nodes: readonly Node[]
  readonly motion: Motion
  onProgress(progress: Progress): void
}

export class ComparedRows {
  private readonly options: ComparedRowsOptions
  /** Where everything stood before the first entry was read. */
  private readonly restedAt: number | null

  constructor(options: ComparedRowsOptions) {
    this.options = options
    this.restedAt = options.motion.restingSeq()
  }

  /** @returns null: nothing is there any more. */
  rowOf(entry: MergedEntry): Row | null | Promise<Row | null> {
    if (entry.escaped) return rowOf(this.options.nodes, entry, markOf(entry.held))
    if (!needDigests(entry.held) || entry.held.every(isKnown)) return this.judged(entry)
    return this.hashed(entry).then(hashed => this.judged(hashed))
  }

  private judged(entry: PathEntry): Row | null | Promise<Row | null> {
    const mark = markOf(entry.held)
    return mark === '=' || mark === '!' || this.isAtRest
      ? rowOf(this.options.nodes, entry, mark)
      : this.askedAgain(entry)
  }

  private get isAtRest(): boolean {
    return this.restedAt !== null && this.restedAt === this.options.motion.restingSeq()
  }

  private async hashed({ path, held }: PathEntry): Promise<PathEntry> {
    const look = async (one: Held, place: number): Promise<Held> =>
      isKnown(one) ? one : heldOf((await this.look(place, path)).copy, one)
    return { escaped: false, path, held: await Promise.all(held.map(look)) }
  }

  private async askedAgain({ path, held }: PathEntry): Promise<Row | null> {
    const { nodes, motion } = this.options
    const lagsBefore = motion.lags()
    let answers: (NodeAnswer | null)[]
    let owed = this.owedAt(path)
    for (let round = 1; ; round++) {
      const owedNow = owed
      const look = (one: Held, place: number) =>
        one === 'not compared' ? null : this.look(place, path, owedNow[place])
      answers = await Promise.all(held.map(look))
      owed = this.owedAt(path)
      // A change of this path came meanwhile, and some may have looked before it, others behind it.
      if (round === roundsMax || owed.every((seq, place) => seq === owedNow[place])) break
    }
    const lags = new Map([...lagsBefore, ...motion.lags()])
    const isBehind = onlyBehind(answers, lags)
    const found = answers.map((answer, place) =>
      answer === null ? 'not compared' : heldOf(answer.copy, held[place]!),
    )
    return rowOf(nodes, { escaped: false, path, held: found }, markOf(found, isBehind))
  }

  /** Which record of the path each node has to have settled before it looks. */
  private owedAt(path: FilePath): readonly (number | undefined)[] {
    const { nodes, motion } = this.options
    return nodes.map(({ name }) => motion.settledSeqFor(name, path))
  }

  private look(place: number, path: FilePath, settledSeq?: number): NodeAnswer | Promise<NodeAnswer> {
    const node = this.options.nodes[place]!
    const onProgress = (bytesDone: number, bytesTotal: number): void =>
      this.options.onProgress({ node: node.name, bytesDone, bytesTotal })
    return node.look(path, { deep: false, settledSeq, onProgress })
  }
}

function isKnown(held: Held): boolean {
  return held === null || held === 'not compared' || held.digest !== null
}

/** @param before what the walk found; a look tells no time of what is no file. */
function heldOf(copy: Copy | null, before: Held): Held {
  if (copy === null || copy.is === 'unreadable') return 'not compared'
  if (copy.is === 'absent') return null
  if (copy.is !== 'file') {
    const isSame = before !== null && before !== 'not compared' && before.type === copy.is
    return isSame ? before : { type: copy.is, digest: null, size: 0, mtimeMs: 0 }
  }
  return { type: 'file', digest: copy.digest, size: copy.size, mtimeMs: copy.mtimeMs }
}

/**
 * Size, type and digest of a row are the first holder's; the digest only where no copy deviates from it.
 * @returns null where no node holds anything, as far as every one could say.
 */
export function rowOf(
  nodes: readonly Node[],
  { held, ...listed }: MergedEntry,
  mark: Row['mark'],
): Row | null {
  if (held.every(one => one === null)) return null
  const copies = held.map(one => (one === 'not compared' ? null : one))
  const first = copies.find(copy => copy !== null)
  const isDeviating = mark === '*' || (mark === '~' && copies[0] === null)
  return {
    ...listed,
    type: first?.type ?? 'file',
    mark,
    size: first?.size ?? 0,
    digest: isDeviating ? null : (first?.digest ?? null),
    nodes: nodes.map((node, place) => ({ node: node.name, copy: copies[place]! })),
  }
}
