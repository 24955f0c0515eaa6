/** The values of paths, in a process that forgets. */
import type { FilePath, FolderPath } from '../../protocol/path.ts'
import { compareKeys, type EntryName, isBelowOrAt, type PathEntries } from './path-entries.ts'

const pieceMax = 1000

export class MemoryPathEntries<Value> implements PathEntries<Value> {
  private readonly values = new Map<FilePath, Map<EntryName, Value>>()

  get(path: FilePath, name: EntryName): Value | null {
    return this.values.get(path)?.get(name) ?? null
  }

  put(path: FilePath, name: EntryName, value: Value | null): void {
    const ofPath = this.values.get(path) ?? new Map<EntryName, Value>()
    if (value === null) ofPath.delete(name)
    else ofPath.set(name, value)
    if (ofPath.size === 0) this.values.delete(path)
    else this.values.set(path, ofPath)
  }

  *of(path: FilePath): Generator<(readonly [EntryName, Value])[]> {
    const found = [...(this.values.get(path) ?? [])]
    while (found.length > 0) yield found.splice(0, pieceMax)
  }

  paths(folder: FolderPath, after: FilePath | null): FilePath[] {
    const found = [...this.values.keys()].filter(
      path => isBelowOrAt(path, folder) && (after === null || compareKeys(path, after) > 0),
    )
    return found.sort(compareKeys).slice(0, pieceMax)
  }

  copy(): MemoryPathEntries<Value> {
    const copy = new MemoryPathEntries<Value>()
    for (const [path, ofPath] of this.values) copy.values.set(path, new Map(ofPath))
    return copy
  }
}
