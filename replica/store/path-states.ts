/**
 * What a record makes of the paths that it names, in the path index. Telling a record again is harmless, and so is
 * telling one while the index knows later ones already: nothing older ever replaces something newer.
 */
import { type FilePath, movedPath } from '../../protocol/path.ts'
import type { Change, JournalRecord } from '../../protocol/record.ts'
import type { Digests } from './digests.ts'
import type { PathIndex, PathState } from './path-index.ts'
import type { Slices } from './slices.ts'

export class PathStates {
  private readonly index: PathIndex
  /** What is remembered of files moves with their folder. */
  private readonly digests: Digests | null

  constructor(options: { index: PathIndex; digests: Digests | null }) {
    this.index = options.index
    this.digests = options.digests
  }

  /** @returns a promise only where a folder took with it what is below it. */
  tell({ seq, change }: JournalRecord, slices: Slices): void | Promise<void> {
    switch (change.type) {
      case 'put':
      case 'append':
        this.put(change.path, { seq, is: 'file', digest: change.digest, size: change.size })
        return this.tellParents(change.path, seq)
      case 'mkdir':
        this.put(change.path, { seq, is: 'folder' })
        return this.tellParents(change.path, seq)
      case 'delete':
        this.put(change.path, { seq, is: 'absent' })
        return change.what === 'folder' ? this.clearBelow(change.path, seq, slices) : undefined
      case 'rename':
        this.tellParents(change.to, seq)
        return change.what === 'file' ? this.moveFile(seq, change) : this.moveFolder(seq, change, slices)
      default:
        return
    }
  }

  /** Of a record that was passed over here, since a later one undoes it: its content was the path's all the same. */
  tellPassedOver({ seq, change }: JournalRecord): void {
    if (change.type === 'put' || change.type === 'append')
      this.index.putContent(change.path, change.digest, seq)
  }

  /** What the path was before is its past from now on. */
  private put(path: FilePath, state: PathState): void {
    const before = this.index.get(path)
    if (before !== null && before.seq > state.seq) return
    if (before?.is === 'file' && before.digest !== null && before.seq < state.seq)
      this.index.putContent(path, before.digest, before.seq)
    this.index.put(path, state)
  }

  /** Folders above are there, again or from now on. */
  private tellParents(path: FilePath, seq: number): void {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at) as FilePath
      const state = this.index.get(folder)
      if (state?.is !== 'folder') this.put(folder, { seq, is: 'folder' })
    }
  }

  private moveFile(seq: number, { from, to, base, seen }: Extract<Change, { type: 'rename' }>): void {
    const before = this.index.get(from)
    const moved = before?.is === 'file' ? before : null
    const digest = moved?.digest ?? base ?? (seen.length === 1 ? seen[0]! : null)
    const size = moved?.size ?? (digest && this.digests?.rememberedSize(to, digest)) ?? null
    if (this.index.get(to)?.seq !== seq) this.put(to, { seq, is: 'file', digest, size })
    this.put(from, { seq, is: 'absent' })
  }

  private async moveFolder(
    seq: number,
    change: Extract<Change, { type: 'rename' }>,
    slices: Slices,
  ): Promise<void> {
    const { from, to } = change
    for await (const piece of this.index.below(from)) {
      for (const [path, state] of piece) {
        if (state.seq >= seq || state.is === 'absent') continue
        const target = movedPath(path, from, to)
        if (target !== null) this.put(target, { ...state, seq })
        this.put(path, { seq, is: 'absent' })
        // What no path can name is nobody's from now on.
        if (target === null) this.digests?.forget(path)
        else this.digests?.rememberMoved(path, target)
      }
      if (slices.isUsedUp) await slices.next()
    }
    this.put(from, { seq, is: 'absent' })
    this.put(to, { seq, is: 'folder' })
  }

  private async clearBelow(folder: FilePath, seq: number, slices: Slices): Promise<void> {
    for await (const piece of this.index.below(folder)) {
      for (const [path, state] of piece)
        if (state.seq < seq && state.is !== 'absent') this.put(path, { seq, is: 'absent' })
      if (slices.isUsedUp) await slices.next()
    }
  }
}
