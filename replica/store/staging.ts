/**
 * Bytes on their way into the tree: `.concur/staging/<stage id>`, sent ahead of their record and on the disk before
 * it, or gathered for one that lacks them (gatherings.ts); and `.concur/staging/<seq>`, made for one record
 * (install/new-file.ts). Nothing here was ever in the tree, so
 * that whatever no record names can go. Each stage is hashed as its bytes come; what is found after a restart is
 * hashed again before it is used. Clause: README.md "What lies in ROOT/.concur".
 */
import { type Digest, DigestStream } from '../../protocol/digest.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { StageId } from '../../protocol/ids.ts'
import { fileBytesMax } from '../../protocol/limits.ts'
import { type Disk, DiskError, type Fd } from './disk.ts'
import { EarlyFlush } from './early-flush.ts'
import { noSpace } from './trouble.ts'

/** What a stage holds. */
export interface Sealed {
  readonly size: number
  readonly digest: Digest
  readonly blockDigests: Buffer
}

export class Stages {
  readonly folder: Fd
  private readonly disk: Disk
  private readonly underWay = new Set<string>()
  private readonly seals = new Map<StageId, Sealed>()

  private readonly onFlushFailed: (error: unknown) => void
  private readonly onNoSpace: () => boolean

  /**
   * `folder`: `.concur/staging`, open as long as this is used. `onFlushFailed`: nobody knows any more what is there.
   * `onNoSpace`: the disk is full; says whether room was made.
   */
  constructor(options: {
    disk: Disk
    folder: Fd
    onFlushFailed: (error: unknown) => void
    onNoSpace: () => boolean
  }) {
    this.disk = options.disk
    this.folder = options.folder
    this.onFlushFailed = options.onFlushFailed
    this.onNoSpace = options.onNoSpace
  }

  /** Returns when the file and its name are on the disk. @throws DiskError. */
  async flush(file: Fd): Promise<void> {
    try {
      await this.disk.flushSoon(file)
      await this.disk.flushSoon(this.folder)
    } catch (error) {
      this.onFlushFailed(error)
      throw error
    }
  }

  /** Begins a stage; what was there under this id goes. @throws DiskError. */
  open(id: StageId): Stage {
    const file = this.disk.openOwn(this.folder, id)
    try {
      this.disk.truncate(file, 0)
    } catch (error) {
      this.disk.close(file)
      throw error
    }
    this.seals.delete(id)
    this.underWay.add(id)
    return new Stage({
      disk: this.disk,
      file,
      flush: () => this.flush(file),
      makeRoom: this.onNoSpace,
      onEnd: sealed => {
        this.underWay.delete(id)
        if (sealed === null) this.remove(id)
        else this.seals.set(id, sealed)
      },
    })
  }

  /** What is there under this id is whole, and on the disk. */
  seal(id: StageId, sealed: Sealed): void {
    this.seals.set(id, sealed)
  }

  /** What is there under this id may change. */
  unseal(id: StageId): void {
    this.seals.delete(id)
  }

  /** @returns what was sealed under this id since the start; null: nothing, or nobody knows. */
  sealed(id: StageId): Sealed | null {
    return this.seals.get(id) ?? null
  }

  /** Whether something is staged under this id. */
  has(id: StageId): boolean {
    if (this.seals.has(id)) return true
    try {
      this.disk.close(this.disk.openBeneath(this.folder, id, 'place'))
      return true
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return false
      throw error
    }
  }

  /** What is staged under this name is not wanted any more, or is a file of the tree now. Harmless when nothing is there. */
  remove(name: string): void {
    this.seals.delete(name as StageId)
    try {
      this.disk.remove(this.folder, name)
    } catch (error) {
      if (!(error instanceof DiskError && error.code === 'ENOENT')) throw error
    }
  }

  /** Removes everything that is neither in `named` nor being written. @returns the names of what stays. */
  sweep(named: { has(name: string): boolean }): string[] {
    const folder = this.disk.openBeneath(this.folder, '.', 'folder')
    const names: string[] = []
    try {
      for (let some = this.disk.readNames(folder); some.length > 0; some = this.disk.readNames(folder))
        names.push(...some)
    } finally {
      this.disk.close(folder)
    }
    return names.filter(name => {
      const stays = named.has(name) || this.underWay.has(name)
      if (!stays) this.remove(name)
      return stays
    })
  }
}

/** One stage being written. Ends with `seal` or `discard`. */
export class Stage {
  private readonly options: {
    readonly disk: Disk
    readonly file: Fd
    readonly flush: () => Promise<void>
    readonly makeRoom: () => boolean
    readonly onEnd: (sealed: Sealed | null) => void
  }
  private readonly hash = new DigestStream()
  private readonly early: EarlyFlush
  private size = 0
  private state: 'open' | 'sealing' | 'ended' = 'open'

  constructor(options: Stage['options']) {
    this.options = options
    this.early = new EarlyFlush(options)
  }

  get bytesWritten(): number {
    return this.size
  }

  /** The bytes may be used again when this returns. @throws ConcurError TOO_LARGE; DiskError: discard it. */
  write(bytes: Uint8Array): void {
    this.assertOpen()
    if (this.size + bytes.length > fileBytesMax)
      throw new ConcurError('TOO_LARGE', 'a file has at most 1 TiB')
    const { disk, file, makeRoom } = this.options
    try {
      disk.write(file, bytes, this.size)
    } catch (error) {
      if (!noSpace(error) || !makeRoom()) throw error
      disk.write(file, bytes, this.size)
    }
    this.early.wrote(this.size, bytes.length)
    this.hash.update(bytes)
    this.size += bytes.length
  }

  /** Returns when the bytes and the name are on the disk. @throws DiskError: the stage is gone then. */
  async seal(): Promise<Sealed> {
    this.assertOpen()
    this.state = 'sealing'
    try {
      await this.options.flush()
    } catch (error) {
      this.end(null)
      throw error
    }
    const sealed = this.hash.finish()
    this.end(sealed)
    return sealed
  }

  /** Harmless after the end. While it is being sealed it is not called. */
  discard(): void {
    if (this.state === 'open') this.end(null)
  }

  private end(sealed: Sealed | null): void {
    this.state = 'ended'
    this.options.disk.close(this.options.file)
    this.options.onEnd(sealed)
  }

  private assertOpen(): void {
    if (this.state !== 'open') throw new Error('the stage has ended')
  }
}
