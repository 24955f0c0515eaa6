/**
 * Gives out what a record of the journal made, wherever this node has it now: for nodes that were away and whose
 * records come without bytes. Everything is held against the digest before it is given out.
 * Clause: protocol/README.md "SUPPLY".
 */
import { type Digest, digestOf } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Recall } from '../../protocol/past-messages.ts'
import type { FilePath } from '../../protocol/path.ts'
import { bodyOf, type Change, type JournalEntry } from '../../protocol/record.ts'
import type { Clock, Timers } from '../../protocol/world.ts'
import type { JournalReader } from './ahead.ts'
import type { Bodies } from './bodies.ts'
import { BytesBody } from './bytes-body.ts'
import { type Disk, DiskError, type Fd, newStat } from './disk.ts'
import type { OpenBody } from './file-body.ts'
import type { Place } from './folders.ts'
import { historyName, listName } from './history.ts'
import type { Ground } from './install/ground.ts'
import { digestOfFirst } from './install/looked-at.ts'
import { openOwnFile } from './install/new-file.ts'
import { type Settling, searchAtRest } from './search-at-rest.ts'
import { type Pace, Slices } from './slices.ts'
import { type Whereabout, whereabouts } from './whereabouts.ts'

const pace: Pace = { workMs: 8, restMs: 0 }
/** Milliseconds in which a record that is being settled has put down what it moves. */
const putDownWithinMs = 2_000
/** How many files of one name are looked for in history. */
const historyTriesMax = 16

/** `digest` none: whatever is staged under this record's id. `size` none: not known. */
interface Wanted {
  readonly path: FilePath
  /** Where a rename takes it from. */
  readonly from: FilePath | null
  readonly digest: Digest | null
  readonly size: number | null
}

export class Contents {
  private readonly ground: Ground
  private readonly journal: JournalReader
  private readonly bodies: Bodies
  private readonly world: {
    readonly settler: Settling
    readonly clock: Clock
    readonly timers: Timers
  }

  constructor(options: {
    ground: Ground
    journal: JournalReader
    bodies: Bodies
    settler: Settling
    clock: Clock
    timers: Timers
  }) {
    this.ground = options.ground
    this.journal = options.journal
    this.bodies = options.bodies
    const { settler, clock, timers } = options
    this.world = { settler, clock, timers }
  }

  /**
   * Opens the whole result of a record that puts, appends or renames a file, or the list of one that deletes a folder. What
   * a record makes that is committed, and not settled here, may be on its way: then it is waited for.
   * @throws ConcurError NOT_FOUND: nothing here has these bytes; IO_ERROR.
   */
  async open(entry: JournalEntry): Promise<OpenBody> {
    const { change, seq } = entry.record
    const wanted = wantedBy(change)
    try {
      const body =
        wanted === null
          ? null
          : await searchAtRest(this.world, {
              seq,
              search: async seen => (await this.sent(entry, wanted)) ?? (await this.found(seq, wanted, seen)),
              withinMs: null,
            })
      if (body !== null) return body
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      throw new ConcurError('IO_ERROR', `what record ${entry.record.seq} made cannot be read`, {
        cause: error,
      })
    }
    throw new ConcurError('NOT_FOUND', `nothing here has what record ${entry.record.seq} made`)
  }

  /**
   * Opens the content that a path had behind an operation: where it is now, or as it came with the record that made it.
   * Whoever asks may be what a record here waits for: records are waited for only as long as it takes to move a file.
   * @throws ConcurError NOT_FOUND: nothing here has these bytes; IO_ERROR.
   */
  async openPast({ path, at, digest, size }: Recall, madeAt: number | null): Promise<OpenBody> {
    try {
      const wanted = { path, from: null, digest, size }
      const body = await searchAtRest(this.world, {
        seq: at,
        search: async seen =>
          (await this.found(at, wanted, seen)) ?? (await this.sentWith([at, madeAt], digest)),
        withinMs: putDownWithinMs,
      })
      if (body !== null) return body
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      throw new ConcurError('IO_ERROR', `${path}: what it was cannot be read`, { cause: error })
    }
    throw new ConcurError('NOT_FOUND', `${path}: nothing here has ${digest} any more`)
  }

  /** What came with the record, where that is all of it. */
  private async sent(entry: JournalEntry, wanted: Wanted): Promise<OpenBody | null> {
    const { change, seq } = entry.record
    const { digest } = wanted
    if (change.type === 'rename' || (change.type === 'append' && change.offset > 0)) return null
    const body = bodyOf(change)
    if (body === null) return change.type === 'delete' ? null : new BytesBody(Buffer.alloc(0))
    if (body.stage !== null) {
      const { disk, stages, history } = this.ground
      const kept = { folder: history.folder, name: listName(seq) }
      const file =
        openOwnFile(disk, { folder: stages.folder, name: body.stage }) ??
        (change.type === 'delete' ? openHistory(disk, kept) : null)
      return file === null ? null : this.bodyIn(file, { ...wanted, path: pathOf(change), size: body.bytes })
    }
    const bytes = entry.body ?? this.ownEntry(seq, entry)?.body ?? null
    if (bytes === null || (digest !== null && digestOf(bytes).digest !== digest)) return null
    return new BytesBody(bytes, change.type === 'put' ? change.executable : null)
  }

  /** @returns what came with the first of these records that made this content. */
  private async sentWith(seqs: readonly (number | null)[], digest: Digest): Promise<OpenBody | null> {
    for (const seq of seqs) {
      const maker = seq === null ? null : this.journal.at(seq)
      const made = maker === null ? null : wantedBy(maker.record.change)
      const sent = made?.digest === digest ? await this.sent(maker!, made) : null
      if (sent !== null) return sent
    }
    return null
  }

  private ownEntry(seq: number, { hash }: JournalEntry): JournalEntry | null {
    const own = this.journal.at(seq)
    return own?.hash === hash ? own : null
  }

  private async found(seq: number, wanted: Wanted, seen: (seq: number) => void): Promise<OpenBody | null> {
    if (wanted.digest === null) return null
    const slices = new Slices({ ...this.world, pace })
    for await (const place of whereabouts(this.journal, { ...wanted, seq }, slices)) {
      if (place.is === 'in history') seen(place.seq)
      const body =
        place.is === 'in history' ? await this.inHistory(place, wanted) : await this.inTree(place, wanted)
      if (body !== null) return body
    }
    return null
  }

  private async inTree({ path, grew }: Whereabout, wanted: Wanted): Promise<OpenBody | null> {
    try {
      if (!grew) return await this.bodies.open(path, wanted.digest!)
    } catch (error) {
      if (error instanceof ConcurError) return null
      throw error
    }
    const file = this.ground.tree.openFile(path, newStat())
    return typeof file === 'number' ? this.bodyIn(file, { ...wanted, path }) : null
  }

  private async inHistory(
    place: Extract<Whereabout, { is: 'in history' }>,
    wanted: Wanted,
  ): Promise<OpenBody | null> {
    const { disk, history } = this.ground
    for (let tries = 0; tries < historyTriesMax; tries++) {
      const name = historyName(place.seq, tries, place.path)
      const file = openHistory(disk, { folder: history.folder, name })
      if (file === null) return null
      const body = await this.bodyIn(file, place.grew ? wanted : { ...wanted, size: null })
      if (body !== null) return body
    }
    return null
  }

  /**
   * The file's first `size` bytes, or all of it, when they are the content that is wanted. The file is closed, or
   * belongs to the body.
   */
  private async bodyIn(file: Fd, { path, digest, size }: Omit<Wanted, 'from'>): Promise<OpenBody | null> {
    const { disk } = this.ground
    let body: OpenBody | null = null
    try {
      const stat = newStat()
      disk.stat(file, stat)
      const length = size ?? stat.size
      if (stat.size < length) return null
      const hashed = await digestOfFirst(this.ground, file, length)
      if (hashed === null || (digest !== null && hashed.digest !== digest)) return null
      body = this.bodies.beginning({
        path,
        file,
        identity: stat,
        size: length,
        blockDigests: hashed.blockDigests,
      })
      return body
    } finally {
      if (body === null) disk.close(file)
    }
  }
}

/** @returns null also where a file stands in the place of one of its folders. */
function openHistory(disk: Disk, place: Place): Fd | null {
  try {
    return openOwnFile(disk, place)
  } catch (error) {
    if (error instanceof DiskError && error.code === 'ENOTDIR') return null
    throw error
  }
}

function pathOf(change: Change): FilePath {
  return (
    change.type === 'rename' ? change.to : (change as Extract<Change, { path: unknown }>).path
  ) as FilePath
}

/** @returns null for a record that has no content. */
function wantedBy(change: Change): Wanted | null {
  switch (change.type) {
    case 'put':
    case 'append':
      return { path: change.path, from: null, digest: change.digest, size: change.size }
    case 'rename': {
      const digest = change.what === 'file' ? (change.base ?? change.seen[0] ?? null) : null
      return digest === null ? null : { path: change.to, from: change.from, digest, size: null }
    }
    case 'delete':
      return { path: change.path, from: null, digest: null, size: null }
    default:
      return null
  }
}
