/** The path index of a process that forgets. */
import type { Digest } from '../../protocol/digest.ts'
import { type FilePath, type FolderPath, wholeTree } from '../../protocol/path.ts'
import type { PathIndex, PathState } from './path-index.ts'

const pieceMax = 1000

export class MemoryPathIndex implements PathIndex {
  settledSeq: number | null = null
  private readonly states = new Map<FilePath, PathState>()
  private readonly listeners = new Set<(path: FilePath) => void>()
  private readonly contents = new Map<string, number>()

  copy(): MemoryPathIndex {
    const copy = new MemoryPathIndex()
    for (const [path, state] of this.states) copy.states.set(path, state)
    for (const [content, seq] of this.contents) copy.contents.set(content, seq)
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
    this.contents.set(`${path}\0${digest}`, seq)
  }

  seqOfContent(path: FilePath, digest: Digest): number | null {
    return this.contents.get(`${path}\0${digest}`) ?? null
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
