/** Asks the watcher now and then what happened, and says when it cannot notice everything. */
import type { Cancel, Timers } from '../../../protocol/world.ts'
import type { Hints } from './hints.ts'
import type { Watcher } from './watcher.ts'

const everyMs = 250

export interface WatchPollOptions {
  readonly watcher: Watcher
  readonly hints: Hints
  readonly timers: Timers
  /** After each question; `isWhole` false: something was lost. */
  readonly onPolled: (isWhole: boolean) => void
  /** What hinders it is another thing than before. */
  readonly onUnwatched: (reason: string) => void
}

export class WatchPoll {
  private readonly options: WatchPollOptions
  private told: string | null = null
  private cancel: Cancel = () => {}

  constructor(options: WatchPollOptions) {
    this.options = options
  }

  start(): void {
    this.cancel = this.options.timers.after(everyMs, () => {
      this.ask()
      this.start()
    })
  }

  stop(): void {
    this.cancel()
  }

  private ask(): void {
    const { watcher, hints, onPolled, onUnwatched } = this.options
    const { changes, isWhole } = watcher.take()
    let isAllHinted = isWhole
    for (const [path, change] of changes) isAllHinted = hints.add(path, change) && isAllHinted
    const { unwatched } = watcher
    if (unwatched !== null && unwatched !== this.told) onUnwatched(unwatched)
    this.told = unwatched
    onPolled(isAllHinted)
  }
}
