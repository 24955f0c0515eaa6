/**
 * Which records made the content that each path has now: the last put and what was appended since, wherever the file
 * was moved to. Also what it may have been before those, since records whose bytes were missing are passed over and
 * leave in the tree what was there. Pure: records in, paths out.
 */
import { isWithin } from '../../protocol/path.ts'
import type { Change, JournalRecord } from '../../protocol/record.ts'

export interface Chain {
  /** The last put and what was appended since, in order. */
  readonly made: readonly number[]
  /** Earlier puts and appends that it took the place of, in order. */
  readonly earlier: readonly number[]
  /** Where the file was before the first of all these. */
  readonly origin: Origin
}

/** A path, after so many of the renames. */
interface Origin {
  readonly path: string
  readonly renames: number
}

/** A path, until the record `seq` was settled. */
export interface PathBefore {
  readonly path: string
  readonly seq: number
}

interface Rename {
  readonly seq: number
  readonly from: string
  readonly to: string
}

export class Chains {
  private readonly chains = new Map<string, Chain>()
  private readonly renames: Rename[] = []

  /** Records come in the order of their numbers. */
  take({ seq, change }: JournalRecord): void {
    switch (change.type) {
      case 'put':
        this.chains.set(change.path, this.replaced(change.path, seq))
        return
      case 'append':
        this.chains.set(change.path, this.extended(change.path, seq))
        return
      case 'delete':
        for (const at of this.within(change.path, change.what)) this.chains.delete(at)
        return
      case 'rename':
        this.move(seq, change)
        return
      default:
        return
    }
  }

  /** @returns the chain of one path; null: no record made its content. */
  of(path: string): Chain | null {
    return this.chains.get(path) ?? null
  }

  forget(path: string): void {
    this.chains.delete(path)
  }

  /** @returns paths, each with its chain. */
  all(): IterableIterator<[string, Chain]> {
    return this.chains.entries()
  }

  /** @returns the paths under which the file was before any of the chain's records, the last one first. */
  pathsBefore({ made, earlier, origin }: Chain): PathBefore[] {
    const paths: PathBefore[] = [{ path: origin.path, seq: earlier[0] ?? made[0]! }]
    for (const { seq, from, to } of this.renames.slice(0, origin.renames).reverse()) {
      const { path } = paths.at(-1)!
      if (isWithin(path, to)) paths.push({ path: `${from}${path.slice(to.length)}`, seq })
      else if (isWithin(path, from)) break
    }
    return paths
  }

  private replaced(path: string, seq: number): Chain {
    const chain = this.chains.get(path)
    if (chain === undefined) return this.begun(path, seq)
    return { ...chain, made: [seq], earlier: [...chain.earlier, ...chain.made] }
  }

  private extended(path: string, seq: number): Chain {
    const chain = this.chains.get(path)
    return chain === undefined ? this.begun(path, seq) : { ...chain, made: [...chain.made, seq] }
  }

  private begun(path: string, seq: number): Chain {
    return { made: [seq], earlier: [], origin: { path, renames: this.renames.length } }
  }

  private move(seq: number, { from, to, what }: Extract<Change, { type: 'rename' }>): void {
    this.renames.push({ seq, from, to })
    for (const at of this.within(to, what)) this.chains.delete(at)
    for (const at of this.within(from, what)) {
      this.chains.set(`${to}${at.slice(from.length)}`, this.chains.get(at)!)
      this.chains.delete(at)
    }
  }

  private within(path: string, what: 'file' | 'folder'): string[] {
    if (what === 'file') return this.chains.has(path) ? [path] : []
    return [...this.chains.keys()].filter(at => isWithin(at, path))
  }
}
