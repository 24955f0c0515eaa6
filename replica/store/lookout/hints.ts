/**
 * Paths that somebody should look at: told by the watcher, or touched by a record while they were marked. A bounded number
 * is kept; when there are more, only a scan finds them all.
 */
import type { FilePath } from '../../../protocol/path.ts'
import { type Change, moreOf } from './watcher.ts'

const hintsMax = 20_000

export class Hints {
  private hints = new Map<FilePath, Change>()
  /** Paths that a record is about to change. */
  private readonly waiting = new Set<FilePath>()

  get isEmpty(): boolean {
    return this.hints.size === 0
  }

  get hasWaiting(): boolean {
    return this.waiting.size > 0
  }

  /** @returns false: there is no place for it. */
  add(path: FilePath, change: Change): boolean {
    const before = this.hints.get(path)
    if (before === undefined && this.hints.size >= hintsMax) return false
    this.hints.set(path, before === undefined ? change : moreOf(before, change))
    return true
  }

  /** It is looked at when records were settled. @returns false: there is no place for it. */
  wait(path: FilePath): boolean {
    if (this.waiting.size >= hintsMax) return false
    this.waiting.add(path)
    return true
  }

  /** Records were settled. @returns false: some had no place. */
  release(): boolean {
    const released = [...this.waiting]
    this.waiting.clear()
    return released.every(path => this.add(path, 'thing'))
  }

  /** @returns all that there are; from now on there are none. */
  takeAll(): ReadonlyMap<FilePath, Change> {
    const taken = this.hints
    this.hints = new Map()
    return taken
  }
}
