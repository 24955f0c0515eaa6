/** The parts of a store that the lookout looks at. */
import type { Outcome } from '../../../protocol/change-messages.ts'
import type { FilePath } from '../../../protocol/path.ts'
import type { Clock, Timers } from '../../../protocol/world.ts'
import type { Digests } from '../digests.ts'
import type { Disk, Fd } from '../disk.ts'
import type { Fence } from '../fence.ts'
import type { PathIndex } from '../path-index.ts'
import type { Settler } from '../settler.ts'
import type { Tree } from '../tree.ts'
import type { Whom } from './closed.ts'

export interface LookoutGround {
  /** By its name on this machine. */
  readonly root: string
  readonly disk: Disk
  readonly tree: Tree
  /** `.concur`. */
  readonly own: Fd
  readonly digests: Digests
  readonly paths: PathIndex
  readonly settler: Settler
  readonly fence: Fence
  /** What the start kept back. */
  readonly recovered: readonly Outcome[]
  /**
   * Installs what a record could not, now that its obstacle may be gone. @returns whether the path is what the record says.
   * @throws DiskError when the disk is in trouble.
   */
  readonly tryAgain: (path: FilePath) => Promise<boolean>
  /** Whom the server runs as. */
  readonly whom: Whom
  readonly clock: Clock
  readonly timers: Timers
  /** Hears of what failed in the background. */
  readonly onFault: (error: unknown) => void
}
