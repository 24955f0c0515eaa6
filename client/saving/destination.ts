/** Where the versions of one read go: to files of their own, or into a stream that was there before. */

import type { Version } from '../../protocol/copies.ts'
import type { NodeName } from '../../protocol/ids.ts'
import type { BlockSink } from '../reading/block-line.ts'
import { notSaved } from './local-error.ts'
import { NewFile } from './new-file.ts'
import { type FileTarget, findTarget, type Place, type StreamTarget } from './target.ts'
import type { Temporaries } from './temporaries.ts'

export interface Destination {
  /** Whose bytes it can take where the copies differ: nobody's, or every version's. */
  readonly takes: 'agreed' | 'all'
  /**
   * @param node names the version among others that are saved as well; null where it is the only one.
   * @throws ConcurError when it cannot be saved.
   */
  open(version: Version, node: NodeName | null): BlockSink
  /** All that was opened comes once more. */
  restart(): void
  /**
   * Every version that was opened is whole.
   * @returns what is to be said of each, in the order in which they were opened: where it went, null where that has no
   *   name.
   * @throws ConcurError.
   */
  commit(): Promise<(string | null)[]>
  /** Nothing of it may stay; harmless after `commit`. */
  discard(): void
}

/** How files of one read are placed: by name, and without following what only a person may follow. */
export type FindFile = (place: Place) => FileTarget | StreamTarget

/** `place` itself for the only version, `place.NODE` for each of several. They appear when all of them are whole. */
export class FileDestination implements Destination {
  readonly takes = 'all'
  private readonly place: Place
  private readonly temporaries: Temporaries
  private readonly find: FindFile
  private files: NewFile[] = []

  constructor(options: { place: Place; temporaries: Temporaries; find?: FindFile }) {
    this.place = options.place
    this.temporaries = options.temporaries
    this.find = options.find ?? findTarget
  }

  open(version: Version, node: NodeName | null): BlockSink {
    const { path, shown } = this.place
    const end = node === null ? '' : `.${node}`
    const target = this.find({ path: `${path}${end}`, shown: `${shown}${end}` })
    if (target.is === 'stream') throw notSaved(target.shown, 'a device or FIFO is there')
    const file = new NewFile({ target, executable: version.executable, temporaries: this.temporaries })
    this.files.push(file)
    return file
  }

  restart(): void {
    this.discard()
  }

  async commit(): Promise<string[]> {
    for (const file of this.files) file.commit()
    return this.files.map(({ shown }) => shown)
  }

  discard(): void {
    for (const file of this.files.splice(0)) file.discard()
  }
}
