/**
 * What was found at paths that are otherwise than the journal says: the marks, and the files whose bytes alone would tell.
 * Every look ends here.
 */
import type { FilePath } from '../../../protocol/path.ts'
import type { Deviation } from './deviation.ts'
import { Marks } from './marks.ts'
import type { Looked, PathLook } from './path-look.ts'

/** Files that wait to be read. */
const unreadMax = 10_000
/** A file up to this size is read where only its bytes would tell. */
export const readBytesMax = 256 * 1024 * 1024
/** A marked file up to this size is read again when it changed once more; a longer one is left to the scan. */
const rereadBytesMax = 16 * 1024 * 1024

export class Findings {
  readonly marks: Marks
  private readonly pathLook: Pick<PathLook, 'look' | 'read'>
  /** Path → size. */
  private readonly unread = new Map<FilePath, number>()
  private isScanning = false
  private beyond = 0

  constructor(options: { pathLook: Pick<PathLook, 'look' | 'read'>; marks?: Marks }) {
    this.pathLook = options.pathLook
    this.marks = options.marks ?? new Marks()
  }

  get hasUnread(): boolean {
    return this.unread.size > 0
  }

  /** From now on every path that deviates is met once. */
  beginScan(): void {
    this.isScanning = true
    this.beyond = 0
  }

  /** Every path was met, or it was stopped. */
  endScan(isWhole: boolean): void {
    this.isScanning = false
    if (isWhole) this.marks.beyond = this.beyond
  }

  look(path: FilePath): Looked {
    const looked = this.pathLook.look(path)
    this.note(path, looked)
    return looked
  }

  /**
   * A record was kept back at the path. @returns whether it is a file of the journal's that did not deviate before, as far
   * as was known.
   */
  keep(path: FilePath, reason: string): boolean {
    const looked = this.pathLook.look(path)
    if (looked.is !== 'deviating' && looked.is !== 'unread') return false
    const isNew = !this.marks.has(path)
    this.marks.set(path, {
      deviation: looked.is === 'deviating' ? looked.deviation : 'edited',
      kept: reason,
    })
    return isNew && looked.state.is === 'file'
  }

  /** Reads the next file whose bytes alone would tell. @returns how many bytes that were. */
  async readNext(): Promise<number> {
    const [next] = this.unread
    if (next === undefined) return 0
    const [path, size] = next
    const looked = await this.pathLook.read(path)
    this.unread.delete(path)
    this.note(path, looked)
    return size
  }

  private note(path: FilePath, looked: Looked): void {
    if (looked.is === 'unsettled') return
    if (looked.is === 'unread') return this.noteUnread(path, looked)
    this.unread.delete(path)
    if (looked.is === 'deviating') this.mark(path, looked.deviation)
    else this.marks.clear(path)
  }

  private noteUnread(path: FilePath, { size, wasRead }: Extract<Looked, { is: 'unread' }>): void {
    const isMarked = this.marks.has(path)
    if (size > readBytesMax) {
      if (wasRead && !isMarked) this.mark(path, 'touched')
    } else if (this.unread.size < unreadMax && (this.isScanning || size <= rereadBytesMax || !isMarked))
      this.unread.set(path, size)
  }

  private mark(path: FilePath, deviation: Deviation): void {
    if (!this.marks.set(path, { deviation, kept: null }) && this.isScanning) this.beyond++
  }
}
