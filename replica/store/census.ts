/** How many files and bytes the tree holds: counted in the background, in small steps, at start and now and then. */
import { type FolderPath, wholeTree } from '../../protocol/path.ts'
import type { Cancel, Timers } from '../../protocol/world.ts'
import type { Pace } from './slices.ts'
import type { Store } from './store.ts'

const countEveryMs = 10 * 60_000
const pace: Pace = { workMs: 3, restMs: 20 }

export interface Counts {
  readonly files: number
  readonly bytes: number
}

export class Census {
  private readonly store: Pick<Store, 'walk'>
  private readonly timers: Timers
  private counts: Counts | null = null
  private stopped = false
  private cancel: Cancel = () => {}
  private counting: Promise<void> = Promise.resolve()

  constructor(options: { store: Pick<Store, 'walk'>; timers: Timers }) {
    this.store = options.store
    this.timers = options.timers
  }

  start(): void {
    this.counting = this.count().then(() => {
      if (!this.stopped) this.cancel = this.timers.after(countEveryMs, () => this.start())
    })
  }

  /** @returns what the last whole count gave; null while there is none, or when a folder could not be read. */
  latest(): Counts | null {
    return this.counts
  }

  /** Settles when nothing is counted any more; before the store is closed. */
  async stop(): Promise<void> {
    this.stopped = true
    this.cancel()
    await this.counting
  }

  private async count(): Promise<void> {
    const whole: FolderPath = wholeTree
    let files = 0
    let bytes = 0
    try {
      for await (const entries of this.store.walk(whole, true, pace)) {
        if (this.stopped) return
        for (const entry of entries) {
          if (entry.type === 'file') files++
          bytes += entry.size
        }
      }
      this.counts = { files, bytes }
    } catch {
      this.counts = null
    }
  }
}
