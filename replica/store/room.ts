/**
 * Whether there is room on the disk for a change, asked before it is ordered or taken: what is ordered must be finished.
 * Whatever makes the tree grow leaves the reserve alone, be it held or given free; deletes may use it. What was ordered
 * and is not settled yet counts as taken. Clause: DESIGN.md section 6, "reserve".
 */
import { ConcurError } from '../../protocol/errors.ts'
import type { Change } from '../../protocol/record.ts'
import { type Disk, DiskError, type Fd } from './disk.ts'
import type { Reserve } from './reserve.ts'

const KiB = 1024
/** Of a file system: what a folder takes at least, and what a file's last piece does. */
const unitBytes = 4 * KiB
/** Kept beside what changes need: for the journal, the index, and what nobody has thought of. */
const slackBytes = 256 * KiB
const slackFiles = 32
/** Below this not even a delete is ordered: what is under way needs it. */
const lastBytes = 64 * KiB
const lastFiles = 4

/** What a change takes of the disk. */
export interface Need {
  readonly bytes: number
  /** Files and folders. */
  readonly files: number
}

export const noNeed: Need = { bytes: 0, files: 0 }

export function both(one: Need, other: Need): Need {
  return { bytes: one.bytes + other.bytes, files: one.files + other.files }
}

/** @returns what is taken when a record is settled, its bytes staged or not; of a folder's delete, without what its list has. */
export function needOf(change: Change): Need {
  switch (change.type) {
    case 'put':
      return needAt(change.path, change.body.stage === null ? change.body.bytes : 0)
    case 'append':
      return needAt(change.path, change.body.bytes)
    case 'rename':
      return needAt(change.to, 0)
    case 'delete':
    case 'mkdir':
      return needAt(change.path, 0)
    default:
      return noNeed
  }
}

/** The path, and where its old content goes in history, with the folders above both. */
export function needAt(path: string, bytes: number): Need {
  const files = 2 * path.split('/').length + 1
  return { files, bytes: Math.ceil(bytes / unitBytes) * unitBytes + files * unitBytes }
}

const growing: ReadonlySet<string> = new Set(['put', 'append', 'mkdir', 'rename', 'restore', 'resolve'])

/** Whether it makes the tree grow, as far as history does not count. */
export function grows({ type }: { readonly type: Change['type'] | 'restore' | 'resolve' }): boolean {
  return growing.has(type)
}

export class Room {
  private readonly disk: Disk
  private readonly folder: Fd
  private readonly reserve: Reserve
  /** By record, in their order. */
  private readonly owed = new Map<number, Need>()
  private owedBytes = 0
  private owedFiles = 0

  /** `folder`: the server's own. */
  constructor(options: { disk: Disk; folder: Fd; reserve: Reserve }) {
    this.disk = options.disk
    this.folder = options.folder
    this.reserve = options.reserve
  }

  /** @returns why nothing that needs this much may be ordered, or null. */
  refusal(need: Need, grows: boolean): ConcurError | null {
    try {
      return grows ? this.refusalToGrow(need) : this.refusalAtAll(need)
    } catch (error) {
      // A disk that does not say is taken to have enough; a full one will show.
      if (error instanceof DiskError) return null
      throw error
    }
  }

  /** Before bytes come that a delete cannot do without: the reserve is given free where they would find no other room. */
  makeWay(bytes: number): void {
    this.reserve.leave(bytes + lastBytes)
  }

  /** The record is ordered, and needs this until it is settled. */
  owe(seq: number, need: Need): void {
    this.take(seq)
    this.owed.set(seq, need)
    this.owedBytes += need.bytes
    this.owedFiles += need.files
  }

  /** Records up to here need nothing any more. */
  settled(settledSeq: number): void {
    for (const seq of this.owed.keys()) {
      if (seq > settledSeq) return
      this.take(seq)
    }
  }

  private take(seq: number): void {
    const need = this.owed.get(seq)
    if (need === undefined) return
    this.owed.delete(seq)
    this.owedBytes -= need.bytes
    this.owedFiles -= need.files
  }

  private refusalToGrow(need: Need): ConcurError | null {
    this.reserve.make()
    const kept = slackBytes + Math.max(0, this.reserve.wantedBytes - this.reserve.heldBytes)
    return this.refusalBeyond(need, { bytes: this.disk.freeBytes(this.folder) - kept, files: slackFiles })
  }

  private refusalAtAll(need: Need): ConcurError | null {
    const bytes = this.disk.freeBytes(this.folder) + this.reserve.heldBytes - lastBytes
    return this.refusalBeyond(need, { bytes, files: lastFiles })
  }

  /** `files`: how many are kept. */
  private refusalBeyond(need: Need, free: { bytes: number; files: number }): ConcurError | null {
    if (need.bytes + this.owedBytes > free.bytes) return new ConcurError('NO_SPACE', 'no space is left')
    const files = this.disk.freeFiles(this.folder) - free.files
    if (need.files + this.owedFiles > files) return new ConcurError('NO_SPACE', 'no inodes are left')
    return null
  }
}
