/** The parts of a store that the lookout looks at. */
import type { Outcome } from '../../../protocol/change-messages.ts'
import type { Clock, Timers } from '../../../protocol/world.ts'
import type { Digests } from '../digests.ts'
import type { Disk, Fd } from '../disk.ts'
import type { Fence } from '../fence.ts'
import type { PathIndex } from '../path-index.ts'
import type { Settler } from '../settler.ts'
import type { Tree } from '../tree.ts'

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
  readonly clock: Clock
  readonly timers: Timers
  /** Hears of what failed in the background. */
  readonly onFault: (error: unknown) => void
}
