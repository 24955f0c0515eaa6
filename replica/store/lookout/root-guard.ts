/**
 * Takes the node out of service when its root is not what it was, until it is started anew. What it held stays as it is, and
 * is never told to others as deleted.
 */
import type { FilePath } from '../../../protocol/path.ts'
import type { LookoutGround } from './ground.ts'
import type { Looked } from './path-look.ts'
import type { News } from './report.ts'
import { emptiedFilesMin, emptiedReason, foreignReason, isEmpty } from './root-check.ts'
import { isMissingFile, type Scanned } from './scan.ts'

export interface RootGuardOptions {
  readonly ground: LookoutGround
  readonly look: (path: FilePath) => Looked
  readonly onNews: (news: News) => void
}

export class RootGuard {
  private readonly options: RootGuardOptions

  constructor(options: RootGuardOptions) {
    this.options = options
  }

  /** Looks at where the root's name leads. */
  check(): void {
    const reason = foreignReason(this.options.ground)
    if (reason !== null) this.stop(reason)
  }

  /** Files that the journal made are missing, and there is nothing: both of this moment, since records go on. */
  isEmptied({ unreadFolders, missing }: Scanned): boolean {
    if (unreadFolders > 0 || missing.length < emptiedFilesMin) return false
    const { ground, look } = this.options
    return missing.every(path => isMissingFile(look(path))) && isEmpty(ground.tree)
  }

  onEmptied(): void {
    this.stop(emptiedReason)
  }

  private stop(reason: string): void {
    const { ground, onNews } = this.options
    if (ground.fence.isFenced) return
    ground.fence.stop(reason)
    onNews({ level: 'error', message: 'takes no changes', fields: { reason } })
  }
}
