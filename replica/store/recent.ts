/**
 * What the index was asked for lately, decoded, by path. Two generations: what is asked for moves into the young one, and
 * when that is full the old one is let go of as a whole. Bounds memory, and costs a hit no deletion.
 */
import type { FilePath } from '../../protocol/path.ts'

const generationMax = 4096

export class Recent<T> {
  private young = new Map<FilePath, T>()
  private old = new Map<FilePath, T>()

  get(path: FilePath): T | undefined {
    const young = this.young.get(path)
    if (young !== undefined) return young
    const older = this.old.get(path)
    if (older !== undefined) this.keep(path, older)
    return older
  }

  /** As `get`, and it does not count as asked for. */
  peek(path: FilePath): T | undefined {
    return this.young.get(path) ?? this.old.get(path)
  }

  keep(path: FilePath, value: T): void {
    if (this.young.size >= generationMax) {
      this.old = this.young
      this.young = new Map()
    }
    this.young.set(path, value)
  }

  /** It is not the path's any more. */
  drop(path: FilePath): void {
    this.young.delete(path)
    this.old.delete(path)
  }
}
