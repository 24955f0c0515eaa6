/**
 * Takes in what is stated to this node, beside what its own index says, until all of it is on the disk; then the journal
 * begins behind the position, and the settler does the rest. Until then nothing has happened, and it can be stated again.
 */
import type { Digest } from '../../../protocol/digest.ts'
import type { StageId } from '../../../protocol/ids.ts'
import type { FilePath } from '../../../protocol/path.ts'
import { bodyOf, type Change } from '../../../protocol/record.ts'
import type { Stated, StatedPosition } from '../../../protocol/state-messages.ts'
import type { Disk, Fd } from '../disk.ts'
import type { Ground } from '../install/ground.ts'
import type { Journal } from '../journal/journal.ts'
import type { PathIndex } from '../path-index.ts'
import { sweepExchange } from '../sweep-exchange.ts'
import { NewStatedFile, type StatedRows } from './stated-file.ts'
import { changeOf, isSame, type KnownRow, knownRowOf } from './stated-row.ts'

const readBytes = 1024 * 1024

export interface StatedIntakeOptions {
  readonly disk: Disk
  /** The server's own. */
  readonly folder: Fd
  readonly journal: Journal
  readonly paths: PathIndex
  readonly ground: Ground
  /** Up to here this node's tree and index are what its own records say. */
  readonly settledSeq: number
  /** What was stated before, and is not settled. */
  readonly before: StatedRows | null
}

export class StatedIntake {
  private readonly options: StatedIntakeOptions
  private readonly file: NewStatedFile
  /** Contents that this node knows of a path and has not settled. */
  private readonly known = new Map<string, Set<Digest>>()
  private readonly stages = new Set<StageId>()
  private isWritten = false
  private isOver = false

  /** Nothing is settled or appended meanwhile. @throws DiskError; ConcurError of the journal. */
  constructor(options: StatedIntakeOptions) {
    this.options = options
    this.readBefore()
    this.readUnsettled()
    this.file = new NewStatedFile(options)
  }

  /** @throws DiskError. */
  take({ rows, isLater }: Pick<Stated, 'rows' | 'isLater'>): void {
    const { paths } = this.options
    const taken = rows.flatMap((row): KnownRow[] => {
      const own = paths.get(row.path)
      const known = this.known.get(row.path) ?? new Set<Digest>()
      return !isLater && known.size === 0 && isSame(row, own) ? [] : [knownRowOf(row, own, known)]
    })
    this.file.add(taken, isLater)
  }

  /** Returns when the journal begins behind the position. @throws DiskError; ConcurError of the journal. */
  async finish(position: StatedPosition): Promise<StatedRows> {
    const { journal, ground, before } = this.options
    this.isWritten = true
    const rows = this.file.finish(position)
    await sweepExchange(ground, seq => journal.at(seq)?.record.change ?? null)
    if (before !== null) await sweepExchange(ground, (seq, n) => changeIn(before, seq, n))
    await journal.beginAt({ ...position, committedSeq: position.seq })
    this.isOver = true
    for (const stage of this.stages) ground.stages.remove(stage)
    return rows
  }

  /** Nothing was stated. @returns false when it is over. */
  discard(): boolean {
    if (this.isOver) return false
    this.isOver = true
    if (!this.isWritten) this.file.discard()
    return true
  }

  private readBefore(): void {
    for (const page of this.options.before?.pages() ?? [])
      for (const { row, was, known } of page) {
        const digests = [was, row.state].flatMap(state => (state.is === 'file' ? (state.digest ?? []) : []))
        this.note(row.path, [...known, ...digests])
      }
  }

  private readUnsettled(): void {
    const { journal, settledSeq } = this.options
    for (let at = Math.max(settledSeq, journal.begin.seq); at < journal.last.seq; ) {
      for (const { record } of journal.readAfter(at, readBytes)) {
        at = record.seq
        const { change } = record
        const stage = bodyOf(change)?.stage ?? null
        if (stage !== null) this.stages.add(stage)
        if (change.type === 'put' || change.type === 'append')
          this.note(change.path, [
            ...(change.base === null ? [] : [change.base]),
            ...change.seen,
            change.digest,
          ])
      }
    }
  }

  private note(path: FilePath, digests: readonly Digest[]): void {
    const known = this.known.get(path) ?? new Set()
    for (const digest of digests) known.add(digest)
    if (known.size > 0) this.known.set(path, known)
  }
}

/** @returns what the row of this number was to do. */
function changeIn(rows: StatedRows, seq: number, number: number): Change | null {
  if (seq !== rows.position.seq) return null
  for (const page of rows.pages()) for (const row of page) if (row.number === number) return changeOf(row)
  return null
}
