/**
 * Remembers, across restarts, against which scan the next one is held, and whether the copy is held out of mending because
 * too much of it vanished or changed at once. While it is, the scan before that counts: when the files are back, it is
 * over.
 */
import type { Disk, Fd } from '../disk.ts'
import { heldReason, isTooMuch, type Tally } from './guard.ts'
import { type Baseline, readBaseline, writeBaseline } from './scan-file.ts'

/** Nothing is known of an earlier scan: what the journal made was there. */
const allThere: Baseline = { deviating: 0, isEmptied: false, held: null }

export class HeldCopy {
  private readonly disk: Disk
  private readonly folder: Fd
  private baseline: Baseline
  private written: Baseline | null

  /** `folder`: the server's own. */
  constructor(options: { disk: Disk; folder: Fd }) {
    this.disk = options.disk
    this.folder = options.folder
    this.written = readBaseline(options.disk, options.folder)
    this.baseline = this.written ?? allThere
  }

  /** Why the copy is held out of mending, or null. */
  get held(): string | null {
    return this.baseline.held
  }

  /** Whether the root is empty because somebody meant it to be. */
  get isEmptied(): boolean {
    return this.baseline.isEmptied
  }

  /** A file of the journal's deviates because a record was kept back there: nothing changed behind anybody's back. */
  keptBack(): void {
    this.baseline = { ...this.baseline, deviating: this.baseline.deviating + 1 }
  }

  /** @param isMeant somebody has said that the copy is as it should be. */
  judge(tally: Tally, { isEmptied, isMeant }: { isEmptied: boolean; isMeant: boolean }): void {
    const { deviating } = this.baseline
    this.baseline =
      !isMeant && isTooMuch(tally, deviating)
        ? { ...this.baseline, held: heldReason(tally, deviating) }
        : { deviating: tally.missing + tally.changed, isEmptied, held: null }
    this.save()
  }

  /** What could not be written is tried again the next time. */
  save(): void {
    const { written, baseline } = this
    if (written !== null && JSON.stringify(written) === JSON.stringify(baseline)) return
    if (writeBaseline(this.disk, this.folder, baseline)) this.written = baseline
  }
}
