/**
 * Contents of records that come from other nodes, as far as they have come: `.concur/staging/<id>`, a file for each record,
 * named after it, so that who goes on finds what came before the link was lost or the process ended. What is in it is
 * believed by nobody who has not read it. It lives until its record is settled, whichever way that happens, and is
 * dropped before that where its space is needed.
 */
import type { StageId } from '../../protocol/ids.ts'
import type { JournalEntry } from '../../protocol/record.ts'
import { type Disk, DiskError, type Fd } from './disk.ts'
import { type Reserve, reserveBytes } from './reserve.ts'
import type { Sealed, Stages } from './staging.ts'

const seqDigits = 16
const hashDigits = 16

/** @returns the name of what is gathered for a record. */
export function gatheringId({ record: { seq }, hash }: Pick<JournalEntry, 'record' | 'hash'>): StageId {
  return `${seq.toString(16).padStart(seqDigits, '0')}${hash.slice(0, hashDigits)}` as StageId
}

/** @returns the record that it would be gathered for, if it is one of these names. */
export function gatheredFor(name: string): number {
  return Number.parseInt(name.slice(0, seqDigits), 16)
}

/** How one user of a file leaves it: whole and flushed, with what there is, or not at all. */
export type Leaves = { readonly is: 'whole'; readonly sealed: Sealed } | { readonly is: 'begun' | 'dropped' }

/** One of these files, open; nobody else has it until `close`. */
export interface GatheredFile {
  readonly id: StageId
  readonly fd: Fd
  /** Returns when the bytes and the name are on the disk. @throws DiskError. */
  flush(): Promise<void>
  close(leaves: Leaves): void
}

export class Gatherings {
  private readonly disk: Disk
  private readonly stages: Stages
  private readonly reserve: Pick<Reserve, 'release'>
  /** Those that may be on the disk, each with the seq of its record. */
  private readonly known = new Map<StageId, number>()
  /** Those that somebody has open; settles when they are not any more. */
  private readonly inUse = new Map<StageId, Promise<void>>()

  constructor(options: { disk: Disk; stages: Stages; reserve: Pick<Reserve, 'release'> }) {
    this.disk = options.disk
    this.stages = options.stages
    this.reserve = options.reserve
  }

  /** A start has found it on the disk. */
  found(id: StageId, seq: number): void {
    this.known.set(id, seq)
  }

  /** Opens what there is for a record, or begins it, once nobody else has it open. @throws DiskError. */
  async open(entry: Pick<JournalEntry, 'record' | 'hash'>): Promise<GatheredFile> {
    const id = gatheringId(entry)
    for (let before = this.inUse.get(id); before !== undefined; before = this.inUse.get(id)) await before
    const fd = this.disk.openOwn(this.stages.folder, id)
    let free: () => void = () => {}
    this.inUse.set(id, new Promise(resolve => (free = resolve)))
    this.known.set(id, entry.record.seq)
    this.stages.unseal(id)
    return {
      id,
      fd,
      flush: () => this.stages.flush(fd),
      close: leaves => {
        this.disk.close(fd)
        this.inUse.delete(id)
        if (leaves.is === 'dropped' || !this.known.has(id)) this.drop(id)
        else if (leaves.is === 'whole') this.stages.seal(id, leaves.sealed)
        free()
      },
    }
  }

  /** Records up to `seq` are settled: nobody needs anything of them any more. What somebody has open goes after that. */
  settled(seq: number): void {
    if (this.known.size === 0) return
    for (const [id, of] of this.known) {
      if (of > seq) continue
      this.known.delete(id)
      if (!this.inUse.has(id)) this.drop(id)
    }
  }

  /** Drops what is only begun and not being gathered now. @returns whether there was anything. */
  giveSpace(): boolean {
    const idle = [...this.known.keys()].filter(id => !this.inUse.has(id) && this.stages.sealed(id) === null)
    return idle.filter(id => this.drop(id)).length > 0
  }

  /** Makes room for so many bytes that are committed, which may have what was kept for such. @returns whether there is. */
  makeRoom(bytes: number): boolean {
    const { disk, reserve, stages } = this
    const bytesLacking = (): number => bytes - disk.freeBytes(stages.folder)
    if (bytesLacking() <= 0 || (this.giveSpace() && bytesLacking() <= 0)) return true
    const wouldSuffice = bytesLacking() <= reserveBytes(disk.totalBytes(stages.folder))
    return wouldSuffice && reserve.release() && bytesLacking() <= 0
  }

  /** Returns when nobody has anything open. */
  async idle(): Promise<void> {
    while (this.inUse.size > 0) await Promise.all(this.inUse.values())
  }

  /** @returns whether it is gone; what the disk does not let go of is swept by the next start. */
  private drop(id: StageId): boolean {
    this.known.delete(id)
    try {
      this.stages.remove(id)
      return true
    } catch (error) {
      if (error instanceof DiskError) return false
      throw error
    }
  }
}
