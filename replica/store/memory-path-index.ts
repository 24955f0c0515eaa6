/** The path index of a process that forgets. */
import type { FilePath } from '../../protocol/path.ts'
import type { PathIndex, PathState } from './path-index.ts'

const pieceMax = 1000

export class MemoryPathIndex implements PathIndex {
  settledSeq: number | null = null
  private readonly states: Map<FilePath, PathState>

  constructor(states: Iterable<readonly [FilePath, PathState]> = []) {
    this.states = new Map(states)
  }

  copy(): MemoryPathIndex {
    const copy = new MemoryPathIndex(this.states)
    copy.settledSeq = this.settledSeq
    return copy
  }

  get(path: FilePath): PathState | null {
    return this.states.get(path) ?? null
  }

  put(path: FilePath, state: PathState): void {
    this.states.set(path, state)
  }

  async *below(folder: FilePath): AsyncGenerator<(readonly [FilePath, PathState])[]> {
    const found = [...this.states].filter(([path]) => path.startsWith(`${folder}/`))
    while (found.length > 0) yield found.splice(0, pieceMax)
  }

  async *every(): AsyncGenerator<(readonly [FilePath, PathState])[]> {
    const found = [...this.states]
    while (found.length > 0) yield found.splice(0, pieceMax)
  }

  setSettled(seq: number): void {
    this.settledSeq = seq
  }

  async flush(): Promise<void> {}
}
