/**
 * A file that appears whole or not at all: written beside its target, renamed over it when the last block was checked.
 * A file that is replaced keeps its permissions; the executable bit is the version's. Nothing is flushed to the disk by
 * force: a copy of what two servers hold can be fetched again.
 */
import { fchmodSync, fchownSync } from 'node:fs'
import type { BlockSink } from '../reading/block-line.ts'
import { writeFully, writeFullyNow } from '../terminal/write-fully.ts'
import { localError } from './local-error.ts'
import type { FileTarget } from './target.ts'
import type { Temporaries, Temporary } from './temporaries.ts'

/** Up to here a block is written before a thread has taken it over. */
const writtenNowBytesMax = 64 * 1024

const permissions = 0o777
const anyExecute = 0o111
const anyRead = 0o444

export class NewFile implements BlockSink {
  private readonly target: FileTarget
  private readonly executable: boolean
  private readonly temporaries: Temporaries
  private readonly temporary: Temporary

  /** @throws ConcurError NO_SPACE or IO_ERROR. */
  constructor(options: { target: FileTarget; executable: boolean; temporaries: Temporaries }) {
    const { target, executable, temporaries } = options
    this.target = target
    this.executable = executable
    this.temporaries = temporaries
    try {
      this.temporary = temporaries.create(target.path, this.mode)
    } catch (error) {
      throw localError(error, target.shown)
    }
  }

  /** As a person calls it. */
  get shown(): string {
    return this.target.shown
  }

  /** @throws ConcurError NO_SPACE or IO_ERROR. */
  async write(block: Buffer, at: number): Promise<void> {
    try {
      if (block.length <= writtenNowBytesMax) writeFullyNow(this.temporary.fd, block, at)
      else await writeFully(this.temporary.fd, block, at)
    } catch (error) {
      throw localError(error, this.shown)
    }
  }

  /** The last block is written: the file appears. @throws ConcurError NO_SPACE or IO_ERROR. */
  commit(): void {
    try {
      if (this.target.existing !== null) this.takeOver(this.target.existing)
      this.temporaries.rename(this.temporary, this.target.path)
    } catch (error) {
      throw localError(error, this.shown)
    }
  }

  /** Harmless after `commit`. */
  discard(): void {
    this.temporaries.remove(this.temporary)
  }

  private get mode(): number {
    const { existing } = this.target
    if (existing === null) return this.executable ? 0o777 : 0o666
    const mode = existing.mode & permissions & ~anyExecute
    return this.executable ? mode | ((mode & anyRead) >> 2) : mode
  }

  private takeOver({ uid, gid }: { uid: number; gid: number }): void {
    try {
      fchownSync(this.temporary.fd, uid, gid)
    } catch {
      // Only root may give a file away; the new file is ours then, as after mv.
    }
    fchmodSync(this.temporary.fd, this.mode)
  }
}
