/**
 * Looks at what the watcher hinted at. Of a folder that came or went, all below it is watched and looked at, and what the
 * journal put below it is looked for: before it was watched it may have gone again.
 */
import type { FilePath } from '../../../protocol/path.ts'
import type { PathIndex } from '../path-index.ts'
import type { Slices } from '../slices.ts'
import type { Tree } from '../tree.ts'
import { visitEveryThing } from './every-thing.ts'
import type { Findings } from './findings.ts'
import type { Change, Watcher } from './watcher.ts'

export interface FolderHintsOptions {
  readonly tree: Tree
  readonly paths: PathIndex
  readonly watcher: Watcher | null
  readonly findings: Findings
  readonly look: (path: FilePath) => unknown
}

export class FolderHints {
  private readonly options: FolderHintsOptions

  constructor(options: FolderHintsOptions) {
    this.options = options
  }

  async lookAt(hints: ReadonlyMap<FilePath, Change>, slices: Slices, isOver: () => boolean): Promise<void> {
    for (const [path, change] of hints) {
      if (isOver()) return
      this.lookIfOurs(path)
      if (change !== 'thing') {
        await this.lookThrough(path, slices, isOver)
        if (!this.isGoneByJournal(path)) await this.lookFor(path, slices, isOver)
      }
      if (slices.isUsedUp) await slices.next()
    }
  }

  private lookIfOurs(path: FilePath): void {
    const { paths, findings, look } = this.options
    if (paths.get(path) !== null || findings.marks.has(path)) look(path)
  }

  /** Nothing where there is no folder now. */
  private async lookThrough(folder: FilePath, slices: Slices, isOver: () => boolean): Promise<void> {
    const { tree, watcher } = this.options
    await visitEveryThing(tree, folder, slices, {
      onFolder: (fd, path) => watcher?.watch(fd, path),
      onThing: path => this.lookIfOurs(path),
      onNoPath() {},
      get isOver() {
        return isOver()
      },
    })
  }

  private async lookFor(folder: FilePath, slices: Slices, isOver: () => boolean): Promise<void> {
    const { paths, look } = this.options
    for await (const piece of paths.below(folder)) {
      for (const [path] of piece) {
        if (isOver()) return
        look(path)
        if (slices.isUsedUp) await slices.next()
      }
    }
  }

  /** A record that deletes or moves a folder says so of all below it. */
  private isGoneByJournal(folder: FilePath): boolean {
    const { paths } = this.options
    for (let at = folder.length; at > 0; at = folder.lastIndexOf('/', at - 1)) {
      const state = paths.get(folder.slice(0, at) as FilePath)
      if (state !== null) return state.is === 'absent'
    }
    return false
  }
}
