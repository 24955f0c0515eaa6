/**
 * What records do to paths that somebody looks at: a mark may be over, what a record was about to change may be looked at,
 * and what was kept back is marked with its reason.
 */
import type { Outcome } from '../../../protocol/change-messages.ts'
import type { FilePath } from '../../../protocol/path.ts'
import { type Change, pathsOf } from '../../../protocol/record.ts'
import type { Cancel, Timers } from '../../../protocol/world.ts'
import type { Findings } from './findings.ts'
import type { Hints } from './hints.ts'

/** Milliseconds: many records are settled one behind the other. */
const lookAfterMs = 250

export interface SettledPathsOptions {
  readonly findings: Findings
  readonly hints: Hints
  readonly timers: Timers
  /** A record was kept back. `isNew`: a file deviates by it that did not before, and nobody changed it since it was looked at. */
  readonly onKept: (kept: Outcome['kept'][number] & { readonly seq: number; readonly isNew: boolean }) => void
  /** There are hints; `isWhole` false: some were lost. */
  readonly onHints: (isWhole: boolean) => void
}

export class SettledPaths {
  private readonly options: SettledPathsOptions
  private cancel: Cancel | null = null

  constructor(options: SettledPathsOptions) {
    this.options = options
  }

  onSettled(outcomes: readonly Outcome[], change: Change): void {
    const { findings, hints } = this.options
    if (findings.marks.count > 0) for (const path of this.markedBy(change)) hints.wait(path)
    this.noteKept(outcomes)
    if (hints.hasWaiting) this.releaseLater()
  }

  noteKept(outcomes: readonly Outcome[]): void {
    const { findings, onKept } = this.options
    for (const { seq, kept } of outcomes)
      for (const { path, reason } of kept) onKept({ seq, path, reason, isNew: findings.keep(path, reason) })
  }

  stop(): void {
    this.cancel?.()
    this.cancel = () => {}
  }

  private markedBy(change: Change): FilePath[] {
    const { marks } = this.options.findings
    const paths = pathsOf(change) as FilePath[]
    const isOfFolder = 'what' in change && change.what === 'folder'
    return isOfFolder ? paths.flatMap(path => marks.at(path)) : paths.filter(path => marks.has(path))
  }

  private releaseLater(): void {
    const { hints, timers, onHints } = this.options
    this.cancel ??= timers.after(lookAfterMs, () => {
      this.cancel = null
      onHints(hints.release())
    })
  }
}
