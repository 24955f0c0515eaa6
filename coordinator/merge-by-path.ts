/**
 * What all nodes tell path by path, side by side: for each path that any of them tells of, what each has told. Nodes keep
 * one order of paths (replica/store/path-entries.ts); of each as much is held as it told of one path, and a page. A node
 * that fails is left out from there on and named.
 */
import { asConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import type { Detail } from '../protocol/messages.ts'
import type { FilePath } from '../protocol/path.ts'
import { compareKeys } from '../replica/store/path-entries.ts'
import { reasonOf } from './merge-walks.ts'

export interface Telling<Told extends { readonly path: FilePath }> {
  readonly node: NodeName
  readonly pages: AsyncIterable<readonly Told[]>
}

export interface ToldOfPath<Told> {
  readonly path: FilePath
  /** Of those nodes that told anything, in their order. */
  readonly by: readonly { readonly node: NodeName; readonly told: readonly Told[] }[]
}

class Source<Told extends { readonly path: FilePath }> {
  readonly node: NodeName
  reason: string | null = null
  private readonly pages: AsyncIterator<readonly Told[]>
  private page: readonly Told[] = []
  private at = 0
  private isEnded = false

  constructor({ node, pages }: Telling<Told>) {
    this.node = node
    this.pages = pages[Symbol.asyncIterator]()
  }

  /** @returns the path that comes next, or null behind the last one. */
  async path(): Promise<FilePath | null> {
    while (!this.isEnded && this.at === this.page.length) await this.turnPage()
    return this.isEnded ? null : this.page[this.at]!.path
  }

  /** @returns all that is told of the path, where that is what comes next. */
  async take(path: FilePath): Promise<Told[]> {
    const told: Told[] = []
    while ((await this.path()) === path) told.push(this.page[this.at++]!)
    return told
  }

  async close(): Promise<void> {
    if (!this.isEnded) await this.pages.return?.()
  }

  private async turnPage(): Promise<void> {
    try {
      const { done, value } = await this.pages.next()
      this.page = done ? [] : value
      this.at = 0
      this.isEnded = done ?? false
    } catch (error) {
      this.isEnded = true
      this.reason = reasonOf(this.node, asConcurError(error).message)
    }
  }
}

export class MergedByPath<Told extends { readonly path: FilePath }> {
  private readonly sources: readonly Source<Told>[]

  /** `tellings`: of all nodes, in their order. */
  constructor(tellings: readonly Telling<Told>[]) {
    this.sources = tellings.map(telling => new Source(telling))
  }

  /** @returns null behind the last path. */
  async next(): Promise<ToldOfPath<Told> | null> {
    const paths = await Promise.all(this.sources.map(source => source.path()))
    const first = paths.reduce((a, b) => (a === null || (b !== null && compareKeys(b, a) < 0) ? b : a), null)
    if (first === null) return null
    const all = await Promise.all(
      this.sources.map(async source => ({ node: source.node, told: await source.take(first) })),
    )
    return { path: first, by: all.filter(({ told }) => told.length > 0) }
  }

  /** Nodes that could not be asked, or failed on the way. */
  unreachable(): Detail[] {
    return this.sources.flatMap(({ node, reason }) =>
      reason === null ? [] : [{ node, reason, behindOps: null }],
    )
  }

  /** Lets go of all. */
  async close(): Promise<void> {
    await Promise.all(this.sources.map(source => source.close()))
  }
}
