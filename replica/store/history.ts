/**
 * Contents that were replaced, deleted or kept back: `.concur/history/<seq>/<path>`. They come here by a move and by
 * nothing else, and nothing here is ever replaced: where a name is taken, the seq gets a number behind it.
 */
import { type Disk, DiskError, type Fd } from './disk.ts'
import { makeParent, type Place } from './folders.ts'

/** Digits of a seq in a name, so that names sort as numbers do. */
const seqDigits = 16
const triesMax = 10_000

export function seqName(seq: number): string {
  return String(seq).padStart(seqDigits, '0')
}

/** @returns the name below history of what the record took from `path`, the one behind `tries` others. */
export function historyName(seq: number, tries: number, path: string): string {
  return `${seqName(seq)}${tries === 0 ? '' : `.${tries}`}/${path}`
}

/** @returns the name below history of the list by which the record deleted a folder: no path begins like that. */
export function listName(seq: number): string {
  return `${seqName(seq)}/.concur`
}

export class History {
  readonly folder: Fd
  private readonly disk: Disk

  /** `folder`: `.concur/history`, open as long as this is used. */
  constructor(options: { disk: Disk; folder: Fd }) {
    this.disk = options.disk
    this.folder = options.folder
  }

  /** Moves a file or folder here. @returns under which name. @throws DiskError; it is where it was then. */
  take(from: Place, seq: number, path: string): string {
    for (let tries = 0; ; tries++) {
      const name = historyName(seq, tries, path)
      try {
        this.move(from, name)
        return name
      } catch (error) {
        if (!isTaken(error) || tries === triesMax) throw error
      }
    }
  }

  /** Moves the list of a folder's delete here: nodes that were away ask for it later. Harmless when it is not there. */
  takeList(from: Place, seq: number): void {
    try {
      this.move(from, listName(seq))
    } catch (error) {
      if (!(error instanceof DiskError && (error.code === 'ENOENT' || error.code === 'EEXIST'))) throw error
    }
  }

  private move(from: Place, name: string): void {
    const to = makeParent(this.disk, this.folder, name, (folder, part) => this.disk.makeFolder(folder, part))
    try {
      this.disk.moveNew(from.folder, from.name, to.folder, to.name)
    } finally {
      this.disk.close(to.folder)
    }
  }
}

/** Something has the name, or a file stands where a folder of the name should be. */
function isTaken(error: unknown): boolean {
  return error instanceof DiskError && (error.code === 'EEXIST' || error.code === 'ENOTDIR')
}
