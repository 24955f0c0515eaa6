/** An index that ends with its process. */
import { MemoryCatalog } from './history/memory-catalog.ts'
import type { Index } from './index.ts'
import { MemoryDigestIndex } from './memory-digest-index.ts'
import { MemoryPathIndex } from './memory-path-index.ts'

export class MemoryIndex implements Index {
  readonly digests = new MemoryDigestIndex()
  readonly paths = new MemoryPathIndex()
  readonly history = new MemoryCatalog()

  async close(): Promise<void> {}
}
