/** The path index of a process that forgets. */
import type { Digest } from '../../protocol/digest.ts'
import { type FilePath, type FolderPath, wholeTree } from '../../protocol/path.ts'
import { MemoryPathEntries } from './memory-path-entries.ts'
import { entryNameOf } from './path-entries.ts'
import type { PathIndex, PathState } from './path-index.ts'

const pieceMax = 1000

export class MemoryPathIndex implements PathIndex {
  contents = new MemoryPathEntries<number>()
  settledSeq: number | null = null
  private readonly states = new Map<FilePath, PathState>()
  private readonly listeners = new Set<(path: FilePath) => void>()

  copy(): MemoryPathIndex {
    const copy = new MemoryPathIndex()
    for (const [path, state] of this.states) copy.states.set(path, state)
    copy.contents = this.contents.copy()
    copy.settledSeq = this.settledSeq
    return copy
  }

  get(path: FilePath): PathState | null {
    return this.states.get(path) ?? null
  }

  put(path: FilePath, state: PathState): void {
    for (const onPut of this.listeners) onPut(path)
    this.states.set(path, state)
  }

  listen(onPut: (path: FilePath) => void): () => void {
    this.listeners.add(onPut)
    return () => void this.listeners.delete(onPut)
  }

  putContent(path: FilePath, digest: Digest, seq: number): void {
    this.contents.put(path, entryNameOf(digest), seq)
  }

  seqOfContent(path: FilePath, digest: Digest): number | null {
    return this.contents.get(path, entryNameOf(digest))
  }

  async *below(folder: FolderPath): AsyncGenerator<(readonly [FilePath, PathState])[]> {
    const prefix = folder === wholeTree ? '' : `${folder}/`
    const found = [...this.states].filter(([path]) => path.startsWith(prefix))
    while (found.length > 0) yield found.splice(0, pieceMax)
  }

  setSettled(seq: number): void {
    this.settledSeq = seq
  }

  async flush(): Promise<void> {}
}
