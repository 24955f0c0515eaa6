/** The catalog of a process that forgets. */
import { MemoryPathEntries } from '../memory-path-entries.ts'
import { CatalogEntries, type FiledObject, type HistoryCatalog } from './catalog.ts'

export class MemoryCatalog extends CatalogEntries implements HistoryCatalog {
  isComplete = false
  private readonly kept: MemoryPathEntries<FiledObject>

  constructor(kept = new MemoryPathEntries<FiledObject>()) {
    super(kept)
    this.kept = kept
  }

  setComplete(isComplete: boolean): void {
    this.isComplete = isComplete
  }

  copy(): MemoryCatalog {
    const copy = new MemoryCatalog(this.kept.copy())
    copy.isComplete = this.isComplete
    return copy
  }
}
