/** What a store keeps in its index: all are caches that can be made anew, and lie in one place. */
import type { DigestIndex } from './digest-index.ts'
import type { HistoryCatalog } from './history/catalog.ts'
import type { PathIndex } from './path-index.ts'

export interface Index {
  readonly digests: DigestIndex
  readonly paths: PathIndex
  readonly history: HistoryCatalog
  close(): Promise<void>
}
