/**
 * Makes the tree what was stated to this node, path by path, by the rule that is the rule of records: the base is what this
 * node last settled, so that an edit is kept, and what was deleted does not come back. First what goes, then folders, then
 * files. Everything can be done again.
 * Clause: ../README.md "A tree that was stated".
 */
import type { Outcome } from '../../../protocol/change-messages.ts'
import type { Digest } from '../../../protocol/digest.ts'
import type { FilePath } from '../../../protocol/path.ts'
import type { Change } from '../../../protocol/record.ts'
import { deleteFile } from '../install/delete-file.ts'
import { removeFolder } from '../install/delete-folder.ts'
import { type Ground, Work } from '../install/ground.ts'
import { mkdir } from '../install/mkdir.ts'
import { resultOf } from '../install/new-file.ts'
import { putFile } from '../install/put-file.ts'
import type { PathIndex } from '../path-index.ts'
import type { Slices } from '../slices.ts'
import type { NumberedRow, StatedRows } from './stated-file.ts'
import { changeOf, entryOf, type KnownRow, type StatedWork, stateOf, works, worksOf } from './stated-row.ts'

interface Step {
  readonly row: NumberedRow
  readonly work: StatedWork
}

export interface StatedSettledOptions {
  readonly ground: Ground
  readonly paths: PathIndex
  readonly rows: StatedRows
  /** Whether a loss of power may have met it in the middle. */
  readonly mayBeTorn: boolean
}

export class SettleStated {
  readonly seq: number
  private readonly options: StatedSettledOptions
  /** Steps that are done, and need not be done again by this process. */
  private done = 0
  private readonly outcomes = new Map<number, Outcome>()
  /** What paths may hold whose bytes nobody had. */
  readonly leftOut = new Map<FilePath, readonly Digest[]>()

  constructor(options: StatedSettledOptions) {
    this.options = options
    this.seq = options.rows.position.seq
  }

  /** @returns whether all is done; `isHeld` is asked before each step. @throws as `install`. */
  async run(slices: Slices, isHeld: () => boolean, retry: (step: () => Promise<void>) => Promise<void>) {
    let at = 0
    for (const step of this.steps()) {
      if (at++ < this.done) continue
      if (isHeld()) return false
      await retry(() => this.settle(step, slices))
      this.options.ground.gatherings.settled(this.seq)
      this.done = at
      if (slices.isUsedUp) await slices.next()
    }
    if (isHeld()) return false
    await this.tellRest(slices)
    return true
  }

  /** What there is to be said of each path that was worked on, when all is done. */
  *told(): Generator<{ change: Change; outcome: Outcome | null }> {
    for (const page of this.options.rows.pages())
      for (const row of page)
        if (worksOf(row).length > 0)
          yield { change: changeOf(row), outcome: this.outcomes.get(row.number) ?? null }
  }

  private *steps(): Generator<Step> {
    for (const work of works) {
      // Those below a folder stand behind it in the order of paths.
      const rows =
        work === 'remove folder' ? [...this.rowsFor(work)].sort(byPath).reverse() : this.rowsFor(work)
      for (const row of rows) yield { row, work }
    }
  }

  private *rowsFor(work: StatedWork): Generator<NumberedRow> {
    for (const page of this.options.rows.pages())
      for (const row of page) if (worksOf(row).includes(work)) yield row
  }

  private async settle({ row, work: kind }: Step, slices: Slices): Promise<void> {
    const { mayBeTorn } = this.options
    const { path } = row.row
    const entry = entryOf(row, this.seq)
    const work = new Work({ entry, slices, older: [], mayBeTorn })
    const { ground } = this
    if (mayBeTorn) ground.digests.forget(path)
    const base = row.was.is === 'file' ? row.was.digest : null
    const seen = row.known
    if (kind === 'delete') await deleteFile(ground, work, { path, base, seen, n: row.number })
    if (kind === 'remove folder') await removeFolder(ground, work, path, 0)
    if (kind === 'make folder') await mkdir(ground, work, { path })
    if (kind === 'put') await this.put(work, row)
    const outcome = work.outcome()
    if (outcome.kept.length > 0 || outcome.replaced.length > 0) this.note(row.number, outcome)
    if (worksOf(row).at(-1) === kind) this.tellIndex(row)
  }

  private async put(work: Work, row: NumberedRow): Promise<void> {
    const { path, seq, state } = row.row
    if (state.is !== 'file' || state.digest === null) return
    const { digest, executable, timeMs } = state
    const size = state.size ?? 0
    const { contents } = this.ground
    const stated = { number: row.number, path, seq, size, digest }
    const ground = {
      ...this.ground,
      contents: { obtain: (entry: typeof work.entry) => contents.obtain(entry, stated) },
    }
    const base = row.was.is === 'file' ? row.was.digest : null
    await putFile(ground, work, {
      path,
      contents: { base, seen: row.known, older: [], result: digest },
      attributes: { executable, timeMs },
      make: async () => {
        const made = await resultOf(ground, work, digest)
        if ('lost' in made)
          this.leftOut.set(path, base === null ? [...row.known, digest] : [base, ...row.known, digest])
        return made
      },
      n: row.number,
      mayBeOut: true,
    })
  }

  private note(number: number, outcome: Outcome): void {
    const before = this.outcomes.get(number)
    this.outcomes.set(number, {
      seq: outcome.seq,
      kept: [...(before?.kept ?? []), ...outcome.kept],
      replaced: [...(before?.replaced ?? []), ...outcome.replaced],
    })
  }

  private tellIndex(row: KnownRow): void {
    tellIndex(this.options.paths, row, this.seq)
  }

  /** Of rows for which nothing had to be done. */
  private async tellRest(slices: Slices): Promise<void> {
    for (const page of this.options.rows.pages()) {
      for (const row of page) if (worksOf(row).length === 0) this.tellIndex(row)
      if (slices.isUsedUp) await slices.next()
    }
  }

  private get ground(): Ground {
    return this.options.ground
  }
}

/** Tells the index again what it may have lost of rows that are all in the tree. */
export async function tellStated(paths: PathIndex, rows: StatedRows, slices: Slices): Promise<void> {
  for (const page of rows.pages()) {
    for (const row of page) tellIndex(paths, row, rows.position.seq)
    if (slices.isUsedUp) await slices.next()
  }
}

/** What records behind the position `seq` made of the path stays. */
function tellIndex(paths: PathIndex, { row }: KnownRow, seq: number): void {
  const before = paths.get(row.path)
  if (before !== null && before.seq > seq) return
  if (before?.is === 'file' && before.digest !== null && before.seq < row.seq)
    paths.putContent(row.path, before.digest, before.seq)
  paths.put(row.path, stateOf(row))
}

function byPath(a: NumberedRow, b: NumberedRow): number {
  return Buffer.compare(Buffer.from(a.row.path), Buffer.from(b.row.path))
}
